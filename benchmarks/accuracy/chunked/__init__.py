"""Work in chunks that can be resumed, on processes or a cluster."""
