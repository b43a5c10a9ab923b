"""Objects that keep parameters: what they hold, by path, and what that means by convention."""
