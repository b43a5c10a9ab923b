"""A textbook, verified: read, run, its recorded outputs compared, its gradients certified."""
