"""Models beyond networks: the classic hand derivations of machine learning."""
