"""The pages, their programs, and what builds the site of them."""
