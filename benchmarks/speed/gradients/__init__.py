"""What one gradient costs, hand-written and by each framework."""
