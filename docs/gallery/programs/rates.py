import numpy as np

from crosscheck import certify


def loss(rate, t, counts):
    expected = rate[:, None] * t
    return np.sum(expected - counts * np.log(expected))


def gradient(rate, t, counts):
    drate = np.sum(t - counts / rate[:, None], axis=1)
    return {"rate": drate}


rng = np.random.default_rng(0)
data = {"t": rng.uniform(1, 3, size=5), "counts": rng.poisson(2.0, size=(4, 5)) + 0.0}
certificate = certify(loss, gradient, {"rate": rng.uniform(1, 2, size=4)}, data)
print(certificate)
