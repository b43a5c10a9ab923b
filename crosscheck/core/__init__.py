"""The rule, what it is applied to, and arithmetic: no framework, no rendering."""
