import numpy as np


class Node:
    def __init__(self, inbound_nodes=[]):
        self.inbound_nodes = inbound_nodes
        self.value = None
        self.outbound_nodes = []
        self.gradients = {}
        for node in inbound_nodes:
            node.outbound_nodes.append(self)


class Input(Node):
    def __init__(self):
        Node.__init__(self)

    def forward(self):
        pass

    def backward(self):
        self.gradients = {self: 0}
        for n in self.outbound_nodes:
            self.gradients[self] += n.gradients[self]


class Linear(Node):
    def __init__(self, X, W, b):
        Node.__init__(self, [X, W, b])

    def forward(self):
        X, W, b = [n.value for n in self.inbound_nodes]
        self.value = np.dot(X, W) + b

    def backward(self):
        self.gradients = {n: np.zeros_like(n.value) for n in self.inbound_nodes}
        for n in self.outbound_nodes:
            grad_cost = n.gradients[self]
            self.gradients[self.inbound_nodes[0]] += np.dot(grad_cost, self.inbound_nodes[1].value.T)
            self.gradients[self.inbound_nodes[1]] += np.dot(self.inbound_nodes[0].value.T, grad_cost)
            self.gradients[self.inbound_nodes[2]] += np.sum(grad_cost, axis=0, keepdims=False)


class Sigmoid(Node):
    def __init__(self, node):
        Node.__init__(self, [node])

    def forward(self):
        self.value = 1.0 / (1.0 + np.exp(-self.inbound_nodes[0].value))

    def backward(self):
        self.gradients = {n: np.zeros_like(n.value) for n in self.inbound_nodes}
        for n in self.outbound_nodes:
            grad_cost = n.gradients[self]
            sigmoid = self.value
            self.gradients[self.inbound_nodes[0]] += sigmoid * (1 - sigmoid) * grad_cost


class MSE(Node):
    def __init__(self, y, a):
        Node.__init__(self, [y, a])

    def forward(self):
        y = self.inbound_nodes[0].value.reshape(-1, 1)
        a = self.inbound_nodes[1].value.reshape(-1, 1)
        self.m = y.shape[0]
        self.diff = y - a
        self.value = np.mean(np.square(self.diff))

    def backward(self):
        self.gradients[self.inbound_nodes[0]] = (2 / self.m) * self.diff
        self.gradients[self.inbound_nodes[1]] = (-2 / self.m) * self.diff


def run(W1, b1, W2, b2, X, y):
    nodes = [Input() for _ in range(6)]
    for node, value in zip(nodes, (W1, b1, W2, b2, X, y)):
        node.value = value
    nW1, nb1, nW2, nb2, nX, ny = nodes
    l1 = Linear(nX, nW1, nb1)
    s1 = Sigmoid(l1)
    l2 = Linear(s1, nW2, nb2)
    cost = MSE(ny, l2)
    graph = [*nodes, l1, s1, l2, cost]
    for n in graph:
        n.forward()
    return graph, cost.value


def run_backward(W1, b1, W2, b2, X, y):
    graph, _ = run(W1, b1, W2, b2, X, y)
    for n in graph[::-1]:
        n.backward()
    return [n.gradients[n] for n in graph[:4]]


def check(**options):
    from crosscheck import certify

    n = np.random.default_rng(50).standard_normal
    params = {'W1': n((3, 4)), 'b1': n(4), 'W2': n((4, 1)), 'b2': n(1)}
    return certify(lambda **a: run(**a)[1], run_backward, params, {'X': n((5, 3)), 'y': n(5)}, **options)
