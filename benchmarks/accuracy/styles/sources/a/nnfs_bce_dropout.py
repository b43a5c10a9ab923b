import numpy as np


class Layer_Dropout:
    def __init__(self, rate, mask):
        self.rate = 1 - rate
        self.mask = mask

    def forward(self, inputs):
        self.inputs = inputs
        self.binary_mask = self.mask / self.rate
        self.output = inputs * self.binary_mask

    def backward(self, dvalues):
        self.dinputs = dvalues * self.binary_mask


class Activation_Sigmoid:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = 1 / (1 + np.exp(-inputs))

    def backward(self, dvalues):
        self.dinputs = dvalues * (1 - self.output) * self.output


class Loss_BinaryCrossentropy:
    def forward(self, y_pred, y_true):
        sample_losses = -(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))
        sample_losses = np.mean(sample_losses, axis=-1)
        return np.mean(sample_losses)

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        outputs = len(dvalues[0])
        self.dinputs = -(y_true / dvalues - (1 - y_true) / (1 - dvalues)) / outputs
        self.dinputs = self.dinputs / samples


def run(inputs, weights, mask, y_true):
    dropout, activation, loss = Layer_Dropout(0.2, mask), Activation_Sigmoid(), Loss_BinaryCrossentropy()
    dropout.forward(inputs)
    activation.forward(np.dot(dropout.output, weights))
    value = loss.forward(activation.output, y_true)
    return dropout, activation, loss, value


def run_backward(inputs, weights, mask, y_true):
    dropout, activation, loss, value = run(inputs, weights, mask, y_true)
    loss.backward(activation.output, y_true)
    activation.backward(loss.dinputs)
    dweights = np.dot(dropout.output.T, activation.dinputs)
    dropout.backward(np.dot(activation.dinputs, weights.T))
    return dropout.dinputs, dweights


def check(**options):
    from crosscheck import certify

    def loss(inputs, weights, mask, y_true):
        return run(inputs, weights, mask, y_true)[-1]

    rng = np.random.default_rng(19)
    params = {'inputs': rng.standard_normal((4, 5)), 'weights': rng.standard_normal((5, 3))}
    data = {'mask': rng.binomial(1, 0.8, (4, 5)), 'y_true': rng.integers(0, 2, (4, 3))}
    data['mask'][0, 0] = 0
    return certify(loss, run_backward, params, data, **options)
