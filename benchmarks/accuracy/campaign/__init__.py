"""Random networks with hand-written gradients, and mistakes planted in them, under the rule.

    python -m benchmarks.accuracy.campaign --nets N --seed S

The claim: no DISAGREE on a correct network, and no AGREE on a mistake larger than the agreement's
own resolution. Network i of a seed is always the same, so every breach can be looked at again.
"""
