"""What was discovered, as text, JSON and JUnit XML."""
