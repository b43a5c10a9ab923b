import json
import re

import numpy as np

from crosscheck import certify

RIGHT = """
def gradient(W1, b1, W2, b2, X, Y):
    z1 = X @ W1 + b1
    a1 = np.tanh(z1)
    y = a1 @ W2 + b2
    dy = 2 * (y - Y) / Y.size
    dW2 = a1.T @ dy
    db2 = dy.sum(axis=0)
    da1 = dy @ W2.T
    dz1 = da1 * (1 - a1**2)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
"""
MISTAKES = [  # a right line, and a wrong one in its place
    ("dy = 2 * (y - Y)", "dy = (y - Y)"),
    ("da1 * (1 - a1**2)", "da1"),
    ("db1 = dz1.sum(axis=0)", "db1 = dz1"),
    ("dW2 = a1.T @ dy", "dW2 = (a1.T @ dy).T"),
    ("dW1 = X.T @ dz1", "dW1 = X.T @ dz1 + 0.01 * W1"),
]
DERIVATIVES = {"np.tanh": "(1 - np.tanh({0})**2)"}


def loss(W1, b1, W2, b2, X, Y):
    z1 = X @ W1 + b1
    a1 = np.tanh(z1)
    y = a1 @ W2 + b2
    return np.mean((y - Y) ** 2)


def verdict(code):
    names = {"np": np}
    exec(code, names)
    return json.loads(certify(loss, names["gradient"], PARAMS, DATA).to_json())


def changed(code, name, change):
    line = re.compile(rf"^    {name} = (.+)$", re.MULTILINE)
    return line.sub(lambda found: f"    {name} = {change(found[1])}", code)


def cured(code, cause):
    """Return the code with the cure that a cause of the JSON names."""
    if cause["kind"] == "derivative left out":
        function, inside = re.fullmatch(r"(.+?)\((.+)\)", cause["places"][0]["source"]).groups()
        factor = DERIVATIVES[function].format(inside)
        return changed(code, f"d{inside}", lambda wrong: f"({wrong}) * {factor}")
    for name in cause["gradients"]:
        code = changed(code, f"d{name}", lambda wrong, name=name: gradient(wrong, name, cause))
    return code


def gradient(wrong, name, cause):
    match cause["kind"]:
        case "scaled":
            return f"({wrong}) / {1 + cause['size']}"
        case "not summed":
            return cause["fix"].replace("…", wrong)
        case "turned":
            return f"({wrong}).T"
        case "weight decay":
            return f"{wrong} - {cause['size']} * {name}"


def repaired(code, rounds=3):
    for _ in range(rounds):
        found = verdict(code)
        if found["exit_status"] == 0:
            return code
        (diagnosis,) = found["diagnoses"].values()
        (causes,) = diagnosis["explanations"]  # one explanation: the mistake has a name
        for cause in causes:
            print(f"{cause['kind']}: {', '.join(cause['gradients'])}")
            code = cured(code, cause)
    raise RuntimeError(found["headline"])


rng = np.random.default_rng(0)
SHAPES = {"W1": (4, 3), "b1": (3,), "W2": (3, 3), "b2": (3,)}
PARAMS = {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}
DATA = {"X": rng.standard_normal((5, 4)), "Y": rng.standard_normal((5, 3))}
for right, wrong in MISTAKES:
    planted = RIGHT.replace(right, wrong)
    assert planted != RIGHT
    assert verdict(repaired(planted))["verdict"] == "AGREE"
