"""A gradient certified from a shell, or in a notebook's cell."""
