"""Books that make no claim, in the styles of courses: each with the claims that are to be found."""

BOOKS: dict[str, tuple[str, tuple[str, ...]]] = {}


def _book(name: str, source: str, *claims: str) -> None:
    BOOKS[name] = source, claims


_book(
    "functions that return dicts",
    """# %%
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def layer_sizes(X, Y): return X.shape[0], 4, Y.shape[0]
# %%
def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(2)
    W1 = np.random.randn(n_h, n_x) * 0.5
    b1 = np.zeros((n_h, 1))
    W2 = np.random.randn(n_y, n_h) * 0.5
    b2 = np.zeros((n_y, 1))
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return parameters
# %%
def forward_propagation(X, parameters):
    W1 = parameters["W1"]; b1 = parameters["b1"]; W2 = parameters["W2"]; b2 = parameters["b2"]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache
def compute_cost(A2, Y):
    m = Y.shape[1]
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    return -np.sum(logprobs) / m
def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W2 = parameters["W2"]
    A1 = cache["A1"]; A2 = cache["A2"]
    dZ2 = A2 - Y
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
    return grads
# %%
np.random.seed(1)
X = np.random.randn(2, 5); Y = (np.random.rand(1, 5) > 0.5).astype(float)
parameters = initialize_parameters(2, 4, 1)
A2, cache = forward_propagation(X, parameters)
cost = compute_cost(A2, Y)
grads = backward_propagation(parameters, cache, X, Y)
print("dW1 =", grads["dW1"])
""",
    "grads['dW1'] = d(cost) / d(parameters['W1'])",
    "grads['db1'] = d(cost) / d(parameters['b1'])",
    "grads['dW2'] = d(cost) / d(parameters['W2'])",
    "grads['db2'] = d(cost) / d(parameters['b2'])",
)
_book(
    "a pair of slopes",
    """# %%
import numpy as np
x_train = np.array([1.0, 2.0, 4.0]); y_train = np.array([300.0, 500.0, 700.0])
# %%
def compute_cost(x, y, w, b):
    m = x.shape[0]
    cost = 0
    for i in range(m):
        f_wb = w * x[i] + b
        cost = cost + (f_wb - y[i]) ** 2
    return 1 / (2 * m) * cost
def compute_gradient(x, y, w, b):
    m = x.shape[0]
    dj_dw = 0
    dj_db = 0
    for i in range(m):
        f_wb = w * x[i] + b
        dj_dw += (f_wb - y[i]) * x[i]
        dj_db += f_wb - y[i]
    return dj_dw / m, dj_db / m
# %%
w = 0.2; b = 0.1
tmp_dj_dw, tmp_dj_db = compute_gradient(x_train, y_train, w, b)
print(tmp_dj_dw, tmp_dj_db)
# %%
w_init = 0.0
""",
    "tmp_dj_db = d(compute_cost(x_train, y_train, w, b)) / d(b)",
    "tmp_dj_dw = d(compute_cost(x_train, y_train, w, b)) / d(w)",
)
_book(
    "lists of arrays",
    """# %%
import numpy as np
rng = np.random.default_rng(0)
weights = [rng.normal(size=(3, 2)), rng.normal(size=(1, 3))]
biases = [rng.normal(size=(3, 1)), rng.normal(size=(1, 1))]
x = rng.normal(size=(2, 1)); y = np.array([[0.3]])
sig = lambda z: 1 / (1 + np.exp(-z))
# %%
nabla_b = [np.zeros(b.shape) for b in biases]
nabla_w = [np.zeros(w.shape) for w in weights]
activation = x
activations = [x]
zs = []
for b, w in zip(biases, weights):
    z = np.dot(w, activation) + b
    zs.append(z)
    activation = sig(z)
    activations.append(activation)
C = 0.5 * np.sum((activations[-1] - y) ** 2)
delta = (activations[-1] - y) * sig(zs[-1]) * (1 - sig(zs[-1]))
nabla_b[-1] = delta
nabla_w[-1] = np.dot(delta, activations[-2].T)
delta = np.dot(weights[-1].T, delta) * sig(zs[-2]) * (1 - sig(zs[-2]))
nabla_b[-2] = delta
nabla_w[-2] = np.dot(delta, activations[-3].T)
""",
    "nabla_b[-1] = d(C) / d(biases[-1])",
    "nabla_w[-1] = d(C) / d(weights[-1])",
    "nabla_b[-2] = d(C) / d(biases[-2])",
    "nabla_w[-2] = d(C) / d(weights[-2])",
)
_book(
    "a class with params",
    """# %%
import numpy as np
rng = np.random.default_rng(0)
def softmax_loss(scores, y):
    scores = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(scores); p /= p.sum(axis=1, keepdims=True)
    N = len(y)
    loss = -np.log(p[np.arange(N), y]).mean()
    dscores = p.copy(); dscores[np.arange(N), y] -= 1; dscores /= N
    return loss, dscores
class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size):
        self.params = {}
        self.params['W1'] = 0.5 * rng.normal(size=(input_size, hidden_size))
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = 0.5 * rng.normal(size=(hidden_size, output_size))
        self.params['b2'] = np.zeros(output_size)
    def loss(self, X, y, reg=0.0):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        h = np.maximum(0, X.dot(W1) + b1)
        scores = h.dot(W2) + b2
        loss, dscores = softmax_loss(scores, y)
        loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        grads['W2'] = h.T.dot(dscores) + 2 * reg * W2
        grads['b2'] = dscores.sum(axis=0)
        dh = dscores.dot(W2.T); dh[h <= 0] = 0
        grads['W1'] = X.T.dot(dh) + 2 * reg * W1
        grads['b1'] = dh.sum(axis=0)
        return loss, grads
# %%
X = rng.normal(size=(5, 4)); y = np.array([0, 1, 2, 2, 1])
net = TwoLayerNet(4, 10, 3)
loss, grads = net.loss(X, y, reg=0.05)
for param_name in grads:
    print(param_name, grads[param_name].shape)
""",
    "grads['W2'] = d(loss) / d(net.params['W2'])",
    "grads['b2'] = d(loss) / d(net.params['b2'])",
    "grads['W1'] = d(loss) / d(net.params['W1'])",
    "grads['b1'] = d(loss) / d(net.params['b1'])",
)
_book(
    "layers by hand",
    """# %%
import numpy as np
class MulLayer:
    def __init__(self):
        self.x = None
        self.y = None
    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y
    def backward(self, dout):
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy
# %%
apple = 100.0
apple_num = 2.0
tax = 1.1
mul_apple_layer = MulLayer()
mul_tax_layer = MulLayer()
apple_price = mul_apple_layer.forward(apple, apple_num)
price = mul_tax_layer.forward(apple_price, tax)
dprice = 1
dapple_price, dtax = mul_tax_layer.backward(dprice)
dapple, dapple_num = mul_apple_layer.backward(dapple_price)
print(dapple, dapple_num, dtax)
# %%
class Affine:
    def __init__(self, W, b):
        self.W = W; self.b = b; self.x = None; self.dW = None; self.db = None
    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b
    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx
X = np.array([[0.3, 0.2], [-0.1, 0.5]]); T = np.array([[1.0], [0.0]])
layer = Affine(np.array([[0.1], [0.2]]), np.zeros(1))
out = layer.forward(X)
loss = np.sum((out - T) ** 2) / 2
dX = layer.backward(out - T)
""",
    "dapple_price = d(price) / d(apple_price)",
    "dtax = d(price) / d(tax)",
    "dapple = d(price) / d(apple)",
    "dapple_num = d(price) / d(apple_num)",
    "layer.dW = d(loss) / d(layer.W)",
    "layer.db = d(loss) / d(layer.b)",
    "dX = d(loss) / d(X)",
)
_book(
    "로지스틱 회귀",
    """# %%
import numpy as np
np.random.seed(0)
X = np.random.randn(20, 3); y = (np.random.rand(20) > 0.5) * 1.0
theta = np.zeros(3)
# %%
def sigmoid(z): return 1 / (1 + np.exp(-z))
def sigmoid_prime(z): return sigmoid(z) * (1 - sigmoid(z))
print(sigmoid_prime(np.array([0.5, 1.0])))
zz = np.array([0.3, -0.7])
sigmoid_prime(zz)
# %%
for epoch in range(5):
    h = sigmoid(X @ theta)
    J = -np.mean(y * np.log(h) + (1 - y) * np.log(1 - h))
    gradient = X.T @ (h - y) / len(y)
    theta = theta - 0.1 * gradient
""",
    "sigmoid_prime(zz) = d(np.sum(sigmoid(zz))) / d(zz)",
    "gradient = d(J) / d(theta)",
)
_book(
    "a loss function that returns all",
    """# %%
import numpy as np
np.random.seed(0)
hidden_size, vocab_size = 4, 3
Wxh = np.random.randn(hidden_size, vocab_size) * 0.1
Whh = np.random.randn(hidden_size, hidden_size) * 0.1
Why = np.random.randn(vocab_size, hidden_size) * 0.1
bh = np.zeros((hidden_size, 1)); by = np.zeros((vocab_size, 1))
# %%
def lossFun(inputs, targets, hprev):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1)); xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t-1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t]); dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T); dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t-1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs)-1]
hprev = np.zeros((hidden_size, 1))
loss, dWxh, dWhh, dWhy, dbh, dby, hprev = lossFun([0, 1, 2], [1, 2, 0], hprev)
""",
    "dWhh = d(loss) / d(Whh)",
    "dWhy = d(loss) / d(Why)",
    "dWxh = d(loss) / d(Wxh)",
    "dbh = d(loss) / d(bh)",
    "dby = d(loss) / d(by)",
)
_book(
    "one is wrong",
    """# %%
import numpy as np
rng = np.random.default_rng(1)
X = rng.normal(size=(6, 3)); Y = rng.normal(size=(6, 2))
W = rng.normal(size=(3, 2)); bias = np.zeros(2)
Z = X @ W + bias
A = np.tanh(Z)
mse = np.mean((A - Y) ** 2)
dA = 2 * (A - Y) / A.size
dZ = dA * (1 - A ** 2)
dW = X.T @ dZ / len(X)
dbias = dZ.sum(axis=0)
""",
    "dA = d(mse) / d(A)",
    "dZ = d(mse) / d(Z)",
    "dW = d(mse) / d(W)",
    "dbias = d(mse) / d(bias)",
)
