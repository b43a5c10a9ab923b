"""Where correct gradients differ, and the slope that was taken there."""
