import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


class GRUCell:
    """h' = (1 - z) * h + z * hbar,  hbar = tanh(W x + U (r * h) + b)."""

    def __init__(self, Wz, Uz, bz, Wr, Ur, br, Wh, Uh, bh):
        self.Wz, self.Uz, self.bz = Wz, Uz, bz
        self.Wr, self.Ur, self.br = Wr, Ur, br
        self.Wh, self.Uh, self.bh = Wh, Uh, bh

    def forward(self, x, h):
        z = sigmoid(x @ self.Wz + h @ self.Uz + self.bz)
        r = sigmoid(x @ self.Wr + h @ self.Ur + self.br)
        rh = r * h
        hbar = np.tanh(x @ self.Wh + rh @ self.Uh + self.bh)
        h_new = (1 - z) * h + z * hbar
        self.cache = x, h, z, r, rh, hbar
        return h_new

    def backward(self, dh_new):
        x, h, z, r, rh, hbar = self.cache
        dz = dh_new * (hbar - h)
        dhbar = dh_new * z
        dh = dh_new * (1 - z)
        da_h = dhbar * (1 - hbar ** 2)
        drh = da_h @ self.Uh.T
        dr = drh * h
        dh += drh * r
        da_r = dr * r * (1 - r)
        da_z = dz * z * (1 - z)
        dh += da_r @ self.Ur.T
        dh += da_z @ self.Uz.T
        dx = da_h @ self.Wh.T + da_r @ self.Wr.T + da_z @ self.Wz.T
        self.grads = {
            'Wz': x.T @ da_z, 'Uz': h.T @ da_z, 'bz': da_z.sum(axis=0),
            'Wr': x.T @ da_r, 'Ur': h.T @ da_r, 'br': da_r.sum(axis=0),
            'Wh': x.T @ da_h, 'Uh': rh.T @ da_h, 'bh': da_h.sum(axis=0),
        }
        return dx, dh


def check(**options):
    from crosscheck import certify_layer

    def forward(x, h, Wz, Uz, bz, Wr, Ur, br, Wh, Uh, bh):
        cell = GRUCell(Wz, Uz, bz, Wr, Ur, br, Wh, Uh, bh)
        return cell.forward(x, h), cell

    def backward(dout, cell):
        return [*cell.backward(dout), *cell.grads.values()]

    n = np.random.default_rng(34).standard_normal
    gate = lambda: [n((3, 4)), n((4, 4)), n(4)]
    return certify_layer(forward, backward, [n((2, 3)), n((2, 4)), *gate(), *gate(), *gate()], **options)


def one_line(**options):
    from crosscheck import certify_layer

    n = np.random.default_rng(0).standard_normal
    return certify_layer(GRUCell(*(n(shape) for _ in range(3) for shape in ((3, 4), (4, 4), (4,)))), n((2, 3)), n((2, 4)), **options)
