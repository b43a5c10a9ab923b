"""Mistakes in the optimisers: the page, a piece of its source, and what stands there instead."""

MISTAKES = [
    ("sgd_step", "rate * (g + decay * w)", "rate * g - decay * w"),
    ("sgd_step", "return w - rate", "return w + rate"),
    ("momentum", "v = mu * v + g", "v = mu * v + (1 - mu) * g"),
    ("momentum", "w - rate * v, v", "w - rate * v, g"),
    ("nesterov", "rate * (g + mu * v), v", "rate * v, v"),
    ("nesterov", "v = mu * v + g", "v = mu * (v + g)"),
    ("adagrad", "np.sqrt(s) + eps", "np.sqrt(s + eps)"),
    ("adagrad", "s = s + g**2", "s = g**2"),
    ("rmsprop", "rho * s + (1 - rho) * g**2", "(1 - rho) * s + rho * g**2"),
    ("rmsprop", "np.sqrt(s) + eps", "np.sqrt(s + eps)"),
    ("adam", "start=1", "start=2"),
    ("adam", "s / (1 - beta2**t)", "s / (1 - beta1**t)"),
    ("adam", "(1 - beta1) * g", "(1 - beta2) * g"),
    ("adamw", "rate * decay * w", "decay * w"),
    ("adamw", "w - rate * decay * w", "w"),
    ("clip_by_norm", "max(norm, bound)", "norm"),
    ("clip_by_norm", "{name: factor * g for", "{name: g * min(1, bound / np.linalg.norm(g)) for"),
    ("schedules", "enumerate(G)", "enumerate(G, start=1)"),
    ("schedules", "(1 + math.cos(math.pi * t / S)) / 2", "math.cos(math.pi * t / S / 2)"),
    ("schedules", "t // every", "t / every"),
]
