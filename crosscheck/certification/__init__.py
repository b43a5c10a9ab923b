"""From somebody's functions to a certificate."""
