import numpy as np


class Layer_Dense:
    def __init__(self, weights, biases, weight_regularizer_l2=0.0):
        self.weights = weights
        self.biases = biases
        self.weight_regularizer_l2 = weight_regularizer_l2

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        if self.weight_regularizer_l2 > 0:
            self.dweights += 2 * self.weight_regularizer_l2 * self.weights
        self.dinputs = np.dot(dvalues, self.weights.T)


class Activation_ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0


class Activation_Softmax:
    def forward(self, inputs):
        self.inputs = inputs
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)

    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        for index, (single_output, single_dvalues) in enumerate(zip(self.output, dvalues)):
            single_output = single_output.reshape(-1, 1)
            jacobian_matrix = np.diagflat(single_output) - np.dot(single_output, single_output.T)
            self.dinputs[index] = np.dot(jacobian_matrix, single_dvalues)


class Loss_CategoricalCrossentropy:
    def forward(self, y_pred, y_true):
        samples = len(y_pred)
        correct_confidences = np.sum(y_pred * y_true, axis=1)
        return -np.log(correct_confidences)

    def regularization_loss(self, layer):
        return layer.weight_regularizer_l2 * np.sum(layer.weights * layer.weights)

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        self.dinputs = -y_true / dvalues
        self.dinputs = self.dinputs / samples


class Model:
    def __init__(self, params):
        self.dense1 = Layer_Dense(params['w1'], params['b1'], weight_regularizer_l2=5e-2)
        self.activation1 = Activation_ReLU()
        self.dense2 = Layer_Dense(params['w2'], params['b2'])
        self.activation2 = Activation_Softmax()
        self.loss_function = Loss_CategoricalCrossentropy()

    def forward(self, X, y):
        self.dense1.forward(X)
        self.activation1.forward(self.dense1.output)
        self.dense2.forward(self.activation1.output)
        self.activation2.forward(self.dense2.output)
        data_loss = np.mean(self.loss_function.forward(self.activation2.output, y))
        return data_loss + self.loss_function.regularization_loss(self.dense1)

    def backward(self, y):
        self.loss_function.backward(self.activation2.output, y)
        self.activation2.backward(self.loss_function.dinputs)
        self.dense2.backward(self.activation2.dinputs)
        self.activation1.backward(self.dense2.dinputs)
        self.dense1.backward(self.activation1.dinputs)


def check(**options):
    from crosscheck import certify

    def loss(w1, b1, w2, b2, X, y):
        return Model({'w1': w1, 'b1': b1, 'w2': w2, 'b2': b2}).forward(X, y)

    def gradient(w1, b1, w2, b2, X, y):
        model = Model({'w1': w1, 'b1': b1, 'w2': w2, 'b2': b2})
        model.forward(X, y)
        model.backward(y)
        return (model.dense1.dweights, model.dense1.dbiases, model.dense2.dweights, model.dense2.dbiases)

    n = np.random.default_rng(18).standard_normal
    params = {'w1': n((2, 7)), 'b1': n((1, 7)) * 0.1, 'w2': n((7, 3)), 'b2': np.zeros((1, 3))}
    data = {'X': n((5, 2)), 'y': np.eye(3)[[0, 1, 2, 1, 0]]}
    return certify(loss, gradient, params, data, **options)


def one_line(**options):
    from crosscheck import certify_network

    n = np.random.default_rng(0).standard_normal
    net = Model({'w1': n((2, 7)), 'b1': n((1, 7)), 'w2': n((7, 3)), 'b2': n((1, 3))})
    return certify_network(net, n((5, 2)), np.eye(3)[[0, 1, 2, 1, 0]], **options)
