"""`crosscheck doctor`: what this machine certifies with, how fast, and what is to be remedied."""
