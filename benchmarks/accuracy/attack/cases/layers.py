"""Forward and backward passes in the shape of courses."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import Case

KIND = "layers"
R = np.random.default_rng(22).standard_normal


def layer(name, forward, inputs, right=None, wrong=None, **rest):
    """Yield the right backward pass and the wrong ones."""
    if right is not None:
        yield Case(name, forward, right, inputs, is_layer=True, **rest)
    for mistake, backward in (wrong or {}).items():
        yield Case(
            f"{name}: {mistake}", forward, backward, inputs, mistake=mistake, is_layer=True, **rest
        )


def affine(x, w, b):
    return x @ w + b, (x, w)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, p


def layernorm(x, g, b):
    m, v = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    s = np.sqrt(v + 1e-5)
    h = (x - m) / s
    return g * h + b, (h, s, g)


def dlayernorm(dout, cache, mean=True, axis=1):
    h, s, g = cache
    d = dout * g
    dx = d - h * np.mean(d * h, axis=axis, keepdims=True)
    if mean:
        dx = dx - np.mean(d, axis=axis, keepdims=True)
    return dx / s, np.sum(dout * h, axis=0), np.sum(dout, axis=0)


def conv(x, k):
    n, _, h, w = x.shape
    o, _, p, q = k.shape
    out = np.zeros((n, o, h - p + 1, w - q + 1), dtype=x.dtype)
    for i in range(h - p + 1):
        for j in range(w - q + 1):
            out[:, :, i, j] = np.tensordot(x[:, :, i : i + p, j : j + q], k, ((1, 2, 3), (1, 2, 3)))
    return out, (x, k)


def dconv(dout, cache, flip=False, square=False):
    x, k = cache
    dx, dk = np.zeros_like(x), np.zeros_like(k)
    p, q = k.shape[2:]
    rows = dout.shape[2]
    columns = dout.shape[2] if square else dout.shape[3]
    for i in range(rows):
        for j in range(min(columns, dout.shape[3])):
            d = dout[:, :, i, j]
            kernel = k[:, :, ::-1, ::-1] if flip else k
            dx[:, :, i : i + p, j : j + q] += np.tensordot(d, kernel, (1, 0))
            dk += np.tensordot(d, x[:, :, i : i + p, j : j + q], (0, 0))
    return dx, dk


def pool(x):
    n, h, w = x.shape
    t = x.reshape(n, h // 2, 2, w // 2, 2)
    out = t.max(axis=4).max(axis=2)
    return out, (x, out)


def dpool(dout, cache, everywhere=False):
    x, out = cache
    up = np.repeat(np.repeat(out, 2, axis=1), 2, axis=2)
    mask = np.ones_like(x) / 4 if everywhere else x == up
    return mask * np.repeat(np.repeat(dout, 2, axis=1), 2, axis=2)


def attention(q, k, v):
    s = q @ k.T / np.sqrt(q.shape[1])
    p = softmax(s)[0]
    return p @ v, (q, k, v, p)


def dattention(dout, cache, scale=True, jacobian=True):
    q, k, v, p = cache
    dp = dout @ v.T
    ds = p * (dp - (dp * p).sum(axis=1, keepdims=True)) if jacobian else p * (1 - p) * dp
    if scale:
        ds = ds / np.sqrt(q.shape[1])
    return ds @ k, ds.T @ q, p.T @ dout


def rnn(x, u, w):
    h = [x[0] * 0 @ u]
    for t in x:
        h.append(np.tanh(t @ u + h[-1] @ w))
    return h[-1], (x, u, w, h)


def drnn(dout, cache, steps=99, mask=True):
    x, u, w, h = cache
    dx, du, dw = np.zeros_like(x), np.zeros_like(u), np.zeros_like(w)
    d = dout
    for n, i in enumerate(range(len(x) - 1, -1, -1)):
        if n >= steps:
            break
        e = d * (1 - h[i + 1] ** 2) if mask else d
        dx[i], d = e @ u.T, e @ w.T
        du += x[i].T @ e
        dw += h[i].T @ e
    return dx, du, dw


def inplace(dout, cache):
    _, mask = cache
    dout *= mask
    return dout


def spoils_cache(dout, cache):
    p = cache
    p *= dout - (dout * p).sum(axis=1, keepdims=True)
    return p


def gelu(x):
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return 0.5 * x * (1 + t), (x, t)


def dgelu(dout, cache, c=3 * 0.044715):
    x, t = cache
    return dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + c * x**2))


def cases():
    a = {"x": R((5, 4)), "w": R((4, 3)), "b": np.zeros(3)}
    yield from layer(
        "affine",
        affine,
        a,
        lambda dout, c: (dout @ c[1].T, c[0].T @ dout, dout.sum(axis=0)),
        {
            "bias mean": lambda dout, c: (dout @ c[1].T, c[0].T @ dout, dout.mean(axis=0)),
            "x transposed away": lambda dout, c: (
                dout @ c[1].T,
                (dout.T @ c[0]).T * 0.5,
                dout.sum(0),
            ),
            "bias of the first row": lambda dout, c: (dout @ c[1].T, c[0].T @ dout, dout[0]),
        },
    )
    yield from layer(
        "softmax",
        softmax,
        {"x": R((4, 3))},
        lambda dout, p: p * (dout - (dout * p).sum(axis=1, keepdims=True)),
        {
            "p(1 − p)": lambda dout, p: dout * p * (1 - p),
            "sum over the batch": lambda dout, p: p * (dout - (dout * p).sum(axis=0)),
            "p − dout": lambda dout, p: p - dout,
        },
    )
    n = {"x": R((5, 4)), "g": np.ones(4), "b": np.zeros(4)}
    yield from layer(
        "layer norm",
        layernorm,
        n,
        dlayernorm,
        {
            "mean path lost": lambda dout, c: dlayernorm(dout, c, mean=False),
            "gain forgotten": lambda dout, c: dlayernorm(dout, (c[0], c[1], 1.0)),
        },
    )
    k = {"x": R((1, 2, 3, 5)), "k": R((2, 2, 2, 2))}
    yield from layer(
        "convolution",
        conv,
        k,
        dconv,
        {
            "kernel flipped": lambda dout, c: dconv(dout, c, flip=True),
            "columns counted like rows": lambda dout, c: dconv(dout, c, square=True),
        },
    )
    yield from layer(
        "convolution, square image: columns counted like rows",
        conv,
        {"x": R((1, 2, 4, 4)), "k": R((2, 2, 2, 2))},
        None,
        {"wrong for other shapes": lambda dout, c: dconv(dout, c, square=True)},
        effect="only for images that are not square",
    )
    yield from layer(
        "max pool",
        pool,
        {"x": R((2, 4, 6))},
        dpool,
        {"mean pool": lambda dout, c: dpool(dout, c, everywhere=True)},
    )
    q = {"q": R((3, 4)), "k": R((5, 4)), "v": R((5, 2))}
    yield from layer(
        "attention",
        attention,
        q,
        dattention,
        {
            "scale forgotten": lambda dout, c: dattention(dout, c, scale=False),
            "softmax's Jacobian diagonal": lambda dout, c: dattention(dout, c, jacobian=False),
            "q and k exchanged": lambda dout, c: (
                dattention(dout, c)[0][:, ::-1],
                *dattention(dout, c)[1:],
            ),
        },
    )
    r = {"x": R((4, 2, 3)), "u": 0.5 * R((3, 3)), "w": 0.5 * R((3, 3))}
    yield from layer(
        "recurrence",
        rnn,
        r,
        drnn,
        {
            "last step only": lambda dout, c: drnn(dout, c, steps=1),
            "three steps of four": lambda dout, c: drnn(dout, c, steps=3),
            "tanh forgotten": lambda dout, c: drnn(dout, c, mask=False),
        },
    )
    yield from layer(
        "gelu",
        gelu,
        {"x": R((3, 4))},
        dgelu,
        {"3 forgotten": lambda dout, c: dgelu(dout, c, 0.044715)},
    )
    yield from layer(
        "ReLU",
        lambda x: (np.maximum(x, 0), (x, x > 0)),
        {"x": R((4, 3))},
        lambda dout, c: dout * c[1],
    )
    yield from layer(
        "ReLU that writes into its upstream gradient",
        lambda x: (np.maximum(x, 0), (x, x > 0)),
        {"x": R((4, 3))},
        None,
        {"in place": inplace},
        effect="writes into dout",
    )
    yield from layer(
        "softmax that spoils its cache",
        softmax,
        {"x": R((4, 3))},
        None,
        {"in place": spoils_cache},
        effect="writes into the cache",
    )
    yield from layer(
        "scale by a constant upstream",
        lambda x: (3 * x, None),
        {"x": R((4, 3))},
        lambda dout, c: 3 * dout,
        {
            "upstream ignored": lambda dout, c: 3 * np.ones_like(dout),
            "mean of upstream": lambda dout, c: 3 * dout.mean() * np.ones_like(dout),
        },
    )
    yield from layer(
        "scale, contiguous upstream",
        lambda x: (3 * x, None),
        {"x": R((4, 3))},
        None,
        {
            "memory order": lambda dout, c: (
                3 * np.frombuffer(dout.tobytes("A")).reshape(dout.shape)
            ),
            "strides assumed": lambda dout, c: (
                3 * np.lib.stride_tricks.as_strided(dout, dout.shape, (8 * dout.shape[1], 8))
            ),
        },
        effect="wrong for another memory layout",
    )
