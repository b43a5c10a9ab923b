"""Books that are right, and written in ways that make it hard to see: none may be blamed."""

from __future__ import annotations

import textwrap

from tests.textbook.chapter import python

# title -> cells
CELLS: dict[str, list[str]] = {
    "mini-batches, in place": [
        """\
        import numpy as np
        rng = np.random.default_rng(0)
        X, Y = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
        W = 0.1 * rng.normal(size=(3, 2))
        rate, batch = 0.1, 4
        for epoch in range(2):
            order = rng.permutation(len(X))
            for start in range(0, len(X), batch):
                x, y = X[order[start : start + batch]], Y[order[start : start + batch]]
                error = x @ W - y
                loss = np.mean(np.sum(error**2, axis=1))
                # crosscheck: dW = d(loss) / d(W)
                dW = np.zeros_like(W)
                for i in range(len(x)):
                    dW += 2 * np.outer(x[i], error[i]) / len(x)
                W -= rate * dW
        print(f"{loss:.4f}")
        """
    ],
    "softmax and one-hot labels": [
        """\
        import numpy as np
        def softmax(z):
            e = np.exp(z - np.max(z, axis=-1, keepdims=True))
            return e / e.sum(axis=-1, keepdims=True)
        np.random.seed(3)
        X, t = np.random.randn(5, 4), np.eye(3)[[0, 2, 1, 1, 0]]
        W, b = np.random.randn(4, 3), np.zeros(3)
        """,
        """\
        for 세대 in range(3):
            y = softmax(X @ W + b)
            손실 = -np.sum(t * np.log(y)) / len(X)
            dz = (y - t) / len(X)
            # crosscheck: 기울기["W"] = d(손실) / d(W)
            # crosscheck: 기울기["b"] = d(손실) / d(b)
            기울기 = {"W": X.T @ dz, "b": dz.sum(0)}
            W, b = W - 0.1 * 기울기["W"], b - 0.1 * 기울기["b"]
        print(f"{세대=} {손실:.3f}")
        """,
    ],
    "a closure, a lambda and a condition": [
        """\
        import numpy as np
        def make(power):
            def f(x):
                return np.sum(np.abs(x) ** power) if power > 1 else np.sum(x)
            return f, lambda x: power * np.abs(x) ** (power - 1) * np.sign(x)
        f, df = make(3)
        x = np.array([0.5, -1.5])
        # crosscheck: df(x) = d(f(x)) / d(x)
        g, dg = make(1)
        """,
        """\
        v = np.array([[0.3, -0.2]])
        out = np.where(v > 0, v, 0.01 * v)
        if out.sum() > 0:
            total = (out**2).sum()
        else:
            total = out.sum()
        # crosscheck: grad_v = d(total) / d(v)
        grad_v = 2 * out * np.where(v > 0, 1, 0.01) if out.sum() > 0 else np.where(v > 0, 1, 0.01)
        """,
    ],
    "a recurrent loop": [
        """\
        import numpy as np
        rng = np.random.RandomState(1)
        xs, target = rng.randn(4, 3), rng.randn(2)
        Wx, Wh, bh = rng.randn(3, 2), rng.randn(2, 2), np.zeros(2)
        hs = {-1: np.zeros(2)}
        for t in range(len(xs)):
            hs[t] = np.tanh(xs[t] @ Wx + hs[t - 1] @ Wh + bh)
        loss = 0.5 * np.sum((hs[3] - target) ** 2)
        # crosscheck: dWh = d(loss) / d(Wh)
        # crosscheck: dWx = d(loss) / d(Wx)
        # crosscheck: dbh = d(loss) / d(bh)
        dWx, dWh, dbh = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(bh)
        dh = hs[3] - target
        for t in reversed(range(len(xs))):
            da = dh * (1 - hs[t] ** 2)
            dWx += np.outer(xs[t], da)
            dWh += np.outer(hs[t - 1], da)
            dbh += da
            dh = Wh @ da
        for p, g in [(Wx, dWx), (Wh, dWh), (bh, dbh)]:
            p -= 0.1 * np.clip(g, -1, 1)
        """
    ],
    "layers that share their arrays": [
        """\
        import numpy as np
        from collections import OrderedDict
        class Affine:
            def __init__(self, W, b):
                self.params, self.grads = [W, b], [np.zeros_like(W), np.zeros_like(b)]
            def forward(self, x):
                self.x = x
                return x @ self.params[0] + self.params[1]
            def backward(self, dout):
                self.grads[0][...] = self.x.T @ dout
                self.grads[1][...] = dout.sum(axis=0)
                return dout @ self.params[0].T
        class Sigmoid:
            params, grads = [], []
            def forward(self, x):
                self.out = 1 / (1 + np.exp(-x))
                return self.out
            def backward(self, dout):
                return dout * self.out * (1 - self.out)
        class Net:
            def __init__(self, sizes):
                self.params = {}
                self.grads = {"W1": None, "W2": None, "b1": None, "b2": None}
                rng = np.random.RandomState(0)
                for i, (a, b) in enumerate(zip(sizes, sizes[1:]), 1):
                    self.params[f"W{i}"] = rng.randn(a, b)
                    self.params[f"b{i}"] = np.zeros(b)
                self.layers = OrderedDict()
                self.layers["one"] = Affine(self.params["W1"], self.params["b1"])
                self.layers["act"] = Sigmoid()
                self.layers["two"] = Affine(self.params["W2"], self.params["b2"])
            def predict(self, x):
                for layer in self.layers.values():
                    x = layer.forward(x)
                return x
            def loss(self, x, t):
                return 0.5 * np.sum((self.predict(x) - t) ** 2) / len(x)
            def gradient(self, x, t):
                dout = (self.predict(x) - t) / len(x)
                for layer in reversed(self.layers.values()):
                    dout = layer.backward(dout)
                for i, name in enumerate(["one", "two"], 1):
                    self.grads[f"W{i}"], self.grads[f"b{i}"] = self.layers[name].grads
                self.dx = dout
        """,
        """\
        x, t = np.random.RandomState(5).randn(2, 6, 2)
        net = Net([2, 3, 2])
        """,
        """\
        for i in range(2):
            loss = net.loss(x, t)
            # crosscheck: net.grads['W1'] = d(loss) / d(net.params['W1'])
            # crosscheck: net.grads['b2'] = d(net.loss(x, t)) / d(net.params['b2'])
            # crosscheck: net.dx = d(loss) / d(x)
            net.gradient(x, t)
            for key in net.params:
                net.params[key] -= 0.5 * net.grads[key]
            print(f"{i:3d} {loss:8.5f}")
        """,
    ],
    "word vectors": [
        """\
        import numpy as np
        np.random.seed(1)
        class Embedding:
            def __init__(self, W):
                self.params, self.grads, self.idx = [W], [np.zeros_like(W)], None
            def forward(self, idx):
                (W,) = self.params
                self.idx = idx
                return W[idx]
            def backward(self, dout):
                (dW,) = self.grads
                dW[...] = 0
                np.add.at(dW, self.idx, dout)
        words = "나는 너를 나는 그를".split()
        ids = {w: i for i, w in enumerate(dict.fromkeys(words))}
        corpus = np.array([ids[w] for w in words])
        layer = Embedding(np.random.randn(3, 2))
        h = layer.forward(corpus)
        score = np.sum(np.sin(h))
        layer.backward(np.cos(h))
        # crosscheck: dE = d(score) / d(layer.params[0])
        dE = layer.grads[0]
        """
    ],
    "loops over entries, and a numerical gradient beside": [
        """\
        import numpy as np
        def numerical_gradient(f, x):
            h, grad = 1e-4, np.zeros_like(x)
            it = np.nditer(x, flags=["multi_index"])
            while not it.finished:
                i, old = it.multi_index, x[it.multi_index]
                x[i] = old + h
                up = f(x)
                x[i] = old - h
                grad[i] = (up - f(x)) / (2 * h)
                x[i] = old
                it.iternext()
            return grad
        A = np.arange(6.0).reshape(2, 3) / 6
        f = lambda a: np.sum(np.exp(a) * a)
        # crosscheck: grad = d(f(A)) / d(A)
        grad = np.zeros(A.shape)
        for i in range(2):
            for j in range(3):
                grad[i, j] = np.exp(A[i, j]) * (1 + A[i, j])
        print(np.allclose(grad, numerical_gradient(f, A)))
        """
    ],
    "momentum, decay and a schedule": [
        """\
        import numpy as np
        w, v, lam = np.array([1.0, -2.0, 0.5]), np.zeros(3), 1e-2
        A, b = np.array([[1.0, 2, 0], [0, 1, 1]]), np.array([1.0, 0.5])
        history = []
        for step in range(4):
            r = A @ w - b
            loss = 0.5 * float(r @ r) + 0.5 * lam * np.sum(w * w)
            history.append(0.5 * float(r @ r))
            J = 0.5 * (r @ r) + 0.5 * lam * np.sum(w * w)
            # crosscheck: dw = d(J) / d(w)
            dw = A.T @ r
            dw += lam * w
            v = 0.9 * v - 0.1 / (1 + step) * dw
            w += v
        print(np.round(history, 3))
        """
    ],
    "batch normalisation": [
        """\
        import numpy as np
        rng = np.random.default_rng(4)
        x, G = rng.normal(size=(2, 6, 2))
        gamma, beta = np.ones(2), np.zeros(2)
        mu, var = x.mean(0), x.var(0)
        xn = (x - mu) / np.sqrt(var + 1e-5)
        L = np.sum((gamma * xn + beta) * G)
        # crosscheck: dgamma = d(L) / d(gamma)
        dgamma = np.sum(G * xn, axis=0)
        # crosscheck: dbeta = d(L) / d(beta)
        dbeta = G.sum(0)
        # crosscheck: dx = d(L) / d(x)
        dxn = G * gamma
        dx = (dxn - dxn.mean(0) - xn * (dxn * xn).mean(0)) / np.sqrt(var + 1e-5)
        """
    ],
    "integers, scalars and Python's floats": [
        """\
        target = 42
        guess = -1.5
        losses = []
        while True:
            error = guess - target
            loss = error**2 / 2
            # crosscheck: grad = d(loss) / d(guess)
            grad = error
            guess = guess - 0.5 * grad
            losses += [loss]
            if len(losses) > 5:
                break
        print("%.3f" % guess, len(losses))
        """,
        """\
        k = 3
        # crosscheck: slope = d(k ** 2 + 2 * k) / d(k)
        slope = 2 * k + 2
        """,
    ],
    "a bias that is never updated": [
        """\
        import numpy as np
        X, y = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([1.0, 0.0])
        w, b = np.array([0.1, 0.2]), 0.3
        for _ in range(3):
            z = X @ w + b
            p = 1 / (1 + np.exp(-z))
            cost = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
            # crosscheck: dw = d(cost) / d(w)
            dw = X.T @ (p - y) / 2
            # crosscheck: db = d(cost) / d(b)
            db = np.mean(p - y)
            w = w - 0.5 * dw
        """
    ],
    "names used again": [
        """\
        import numpy as np
        w = np.array([0.5, 1.5])
        loss = np.sum(w**3)
        # crosscheck: grad = d(loss) / d(w)
        grad = None
        grad = 3 * w**2
        w = np.array([1.0, 2.0, 3.0])
        loss = np.sum(np.sqrt(w))
        grad = 0.5 / np.sqrt(w)
        loss = "done"
        """,
        """\
        grad_w = np.zeros(3)
        w = np.abs(w) + 1
        loss = np.prod(w)
        # crosscheck: grad_w = d(loss) / d(w)
        grad_w = loss / w
        """,
    ],
    "dropout, with the mask of the forward pass": [
        """\
        import numpy as np
        np.random.seed(0)
        W = np.random.randn(4, 3)
        x = np.random.randn(5, 4)
        """,
        """\
        mask = np.random.rand(5, 3) > 0.4
        a = x @ W
        a *= mask / 0.6
        np.maximum(a, 0, out=a)
        loss = (a**2).sum()
        # crosscheck: dW = d(loss) / d(W)
        dW = x.T @ (2 * a * (a > 0) * mask / 0.6)
        """,
    ],
    "attention": [
        """\
        import numpy as np
        rng = np.random.default_rng(2)
        Q, K, V, C = rng.normal(size=(4, 3, 2))
        S = Q @ K.T / np.sqrt(2)
        P = np.exp(S - S.max(-1, keepdims=True))
        P /= P.sum(-1, keepdims=True)
        L = np.einsum("ij,ij->", P @ V, C)
        dP = C @ V.T
        dS = P * (dP - (dP * P).sum(-1, keepdims=True)) / np.sqrt(2)
        # crosscheck: dQ = d(L) / d(Q)
        # crosscheck: dK = d(L) / d(K)
        # crosscheck: dV = d(L) / d(V)
        dQ, dK, dV = dS @ K, dS.T @ Q, P.T @ C
        """
    ],
    "biases of zero, which are the kinks of a ReLU at every pass": [
        """\
        import numpy as np
        X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        Y = np.array([[0.5], [1.0], [1.0], [0.0]])
        rng = np.random.default_rng(0)
        W1, b1, W2 = rng.normal(size=(2, 3)), np.zeros(3), rng.normal(size=(3, 1))
        for epoch in range(10):
            z = X @ W1 + b1
            h = np.maximum(0, z)
            out = h @ W2
            loss = np.mean((out - Y) ** 2)
            dout = 2 * (out - Y) / len(X)
            dz = (dout @ W2.T) * (z > 0)
            # crosscheck: dW1 = d(loss) / d(W1)
            # crosscheck: db1 = d(loss) / d(b1)
            dW1, db1 = X.T @ dz, dz.sum(axis=0)
            W1 -= 0.1 * dW1
            W2 -= 0.1 * (h.T @ dout)
        """
    ],
    "a layer that is computed once, for several targets": [
        """\
        import numpy as np
        W = np.array([0.5, -0.25])
        h = np.tanh(W)
        for target in [0.1, 0.2]:
            loss = np.sum((h - target) ** 2) + 0.1 * np.sum(W**2)
            # crosscheck: dW = d(loss) / d(W)
            dW = 2 * (h - target) * (1 - h**2) + 0.2 * W
        """
    ],
    "an error that is shown on purpose, and layers in a tuple": [
        """\
        import numpy as np
        class Scale:
            def __init__(self):
                self.params = (np.random.default_rng(1).normal(size=3), "names")
            def forward(self, x):
                return np.sum(self.params[0] * x**2)
        layer, x = Scale(), np.array([1.0, 2.0, -1.0])
        """,
        """\
        # NBVAL_RAISES_EXCEPTION
        x @ np.ones((2, 2))
        """,
        """\
        y = layer.forward(x)
        other = Scale()
        # crosscheck: dx = d(y) / d(x)
        dx = 2 * layer.params[0] * x
        """,
    ],
    "a dataclass and a property": [
        """\
        import numpy as np
        from dataclasses import dataclass, field
        @dataclass
        class Model:
            W: np.ndarray
            dW: np.ndarray = field(default_factory=lambda: np.zeros((2, 2)))
            @property
            def size(self):
                return float(np.sum(self.W**2))
            def penalty(self):
                return np.sum(self.W**4)
        model = Model(np.array([[1.0, -0.5], [0.25, 2.0]]))
        for _ in range(2):
            # crosscheck: model.dW = d(model.penalty()) / d(model.W)
            model.dW = 4 * model.W**3
            model.W = model.W - 0.01 * model.dW
        print(f"{model.size:.3f}")
        """
    ],
}

BOOKS = {
    title: python(*(textwrap.dedent(cell).rstrip() for cell in cells))
    for title, cells in CELLS.items()
}
