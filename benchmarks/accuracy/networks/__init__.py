"""Random networks with hand-written gradients, and mistakes to plant in them."""
