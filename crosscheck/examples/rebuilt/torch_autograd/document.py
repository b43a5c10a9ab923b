"""The examples as a PyTorch user writes them: torch.nn.functional, autograd and SGD."""

import torch
from torch import Tensor
from torch.nn import functional as F

from crosscheck.examples.rebuilt import Training

TRAINING = {
    "sigmoid_neuron": Training(updated=("W",), learning_rate=0.1, steps=1),
    "relu_network": Training(updated=("W1", "W2"), learning_rate=0.01, steps=1),
    "guess_number": Training(updated=("guess",), learning_rate=0.1, steps=500),
}


def square(x: Tensor) -> Tensor:
    return x.square()


def chain_rule(x: Tensor) -> Tensor:
    return x.square().mul(2)


def sigmoid_neuron(W: Tensor, X: Tensor, y: Tensor) -> Tensor:
    prediction = F.linear(X, W).sigmoid()
    return F.mse_loss(prediction, y, reduction="sum") / 2


def relu_network(W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, X: Tensor, y: Tensor) -> Tensor:
    hidden = F.relu(F.linear(X, W1.T, b1))
    prediction = F.relu(F.linear(hidden, W2.T, b2))
    return F.mse_loss(prediction, y, reduction="sum") / 2


def multilayer_network(
    X: Tensor, Y: Tensor, activation: str = "relu", loss: str = "squared error", **params: Tensor
) -> Tensor:
    activate = torch.relu if activation == "relu" else torch.sigmoid
    weights = [params[name] for name in sorted(params, key=lambda n: int(n[1:])) if name[0] == "W"]
    outputs = X
    for depth, weight in enumerate(weights, start=1):
        hidden = outputs if depth == 1 else activate(outputs)
        outputs = F.linear(hidden, weight.T, params[f"b{depth}"])
    if loss == "cross-entropy":
        return F.cross_entropy(outputs, Y)
    return F.mse_loss(activate(outputs), Y, reduction="sum") / (2 * Y.shape[0])


def numerical_gradient(x: Tensor) -> Tensor:
    return x.pow(2)


def guess_number(guess: Tensor, target: Tensor) -> Tensor:
    return F.mse_loss(guess, target, reduction="sum") / 2
