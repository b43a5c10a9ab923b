"""What forward and backward of a layer cost, hand-written and by each framework."""
