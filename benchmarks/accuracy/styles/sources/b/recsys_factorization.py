import numpy as np


class MatrixFactorization:
    def __init__(self, P, Q, b_u, b_i, mu, lam):
        self.P, self.Q, self.b_u, self.b_i = P, Q, b_u, b_i
        self.mu, self.lam = mu, lam

    def predict(self, u, i):
        return self.mu + self.b_u[u] + self.b_i[i] + np.sum(self.P[u] * self.Q[i], axis=1)

    def loss(self, u, i, r):
        e = r - self.predict(u, i)
        reg = np.sum(self.P ** 2) + np.sum(self.Q ** 2)
        return 0.5 * np.sum(e ** 2) + 0.5 * self.lam * reg

    def gradient(self, u, i, r):
        e = r - self.predict(u, i)
        dP, dQ = self.lam * self.P, self.lam * self.Q
        db_u, db_i = np.zeros_like(self.b_u), np.zeros_like(self.b_i)
        for k in range(len(r)):
            dP[u[k]] -= e[k] * self.Q[i[k]]
            dQ[i[k]] -= e[k] * self.P[u[k]]
            db_u[u[k]] -= e[k]
            db_i[i[k]] -= e[k]
        return dP, dQ, db_u, db_i


def check(**options):
    from crosscheck import certify

    def loss(P, Q, b_u, b_i, u, i, r):
        return MatrixFactorization(P, Q, b_u, b_i, 3.5, 0.1).loss(u, i, r)

    def gradient(P, Q, b_u, b_i, u, i, r):
        return MatrixFactorization(P, Q, b_u, b_i, 3.5, 0.1).gradient(u, i, r)

    n = np.random.default_rng(52).standard_normal
    params = {'P': n((4, 3)), 'Q': n((5, 3)), 'b_u': n(4), 'b_i': n(5)}
    data = {'u': np.array([0, 1, 1, 3, 2, 0]), 'i': np.array([4, 0, 2, 2, 1, 4]), 'r': np.array([5., 3., 4., 1., 2., 4.])}
    return certify(loss, gradient, params, data, **options)


def one_line(**options):
    from crosscheck import certify_network

    n = np.random.default_rng(0).standard_normal
    net = MatrixFactorization(n((4, 3)), n((5, 3)), n(4), n(5), 3.5, 0.1)
    return certify_network(net, np.array([0, 1, 1, 3]), np.array([4, 0, 2, 2]), n(4), **options)
