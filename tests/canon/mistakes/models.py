"""Mistakes of the models: the page, a piece of its source, and what is written there instead."""

MISTAKES = [
    ("logistic_regression", "(p - y) / len(y)", "(p - y) * p * (1 - p) / len(y)"),
    ("logistic_regression", "X.T @ delta + w", "X.T @ delta + 2 * w"),
    ("matrix_factorisation", "E.T @ P + shrink", "E.T @ (P - 0.1 * E @ Q) + shrink"),
    ("matrix_factorisation", "E @ Q + shrink * P", "E @ Q"),
    ("gaussian_mixture", "pi - r.mean(axis=0)", "-r.mean(axis=0)"),
    ("gaussian_mixture", "(D - (away**2)", "(1 - (away**2)"),
    ("crf_forward", "beta = np.logaddexp.reduce(on, axis=1)", "beta = np.logaddexp.reduce(on)"),
    ("crf_forward", "np.subtract.at(grad_A, steps, 1)", "grad_A[steps] -= 1"),
    ("tsne", "(P - w / w.sum()) * w", "P - w / w.sum()"),
    ("tsne", "4 * (pull", "2 * (pull"),
    ("physics_loss", "s - 2 * w * t * s", "s"),
    ("physics_loss", "J[name].T @ r / len(x)", "J[name].T @ r"),
]
