"""How often the verdict and the diagnosis are right."""
