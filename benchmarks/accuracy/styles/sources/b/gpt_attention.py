import numpy as np


def attention_forward(x, w_qkv, b_qkv, w_proj, n_head):
    # x: (B, T, C), causal multi-head self-attention
    B, T, C = x.shape
    hs = C // n_head
    qkv = x @ w_qkv + b_qkv
    q, k, v = np.split(qkv, 3, axis=-1)
    q = q.reshape(B, T, n_head, hs).transpose(0, 2, 1, 3)
    k = k.reshape(B, T, n_head, hs).transpose(0, 2, 1, 3)
    v = v.reshape(B, T, n_head, hs).transpose(0, 2, 1, 3)
    preatt = q @ k.transpose(0, 1, 3, 2) / np.sqrt(hs)
    mask = np.tril(np.ones((T, T))) == 0
    preatt = np.where(mask, -1e10, preatt)
    preatt = preatt - preatt.max(axis=-1, keepdims=True)
    att = np.exp(preatt)
    att = att / att.sum(axis=-1, keepdims=True)
    y = att @ v
    y = y.transpose(0, 2, 1, 3).reshape(B, T, C)
    out = y @ w_proj
    return out, (x, w_qkv, w_proj, q, k, v, att, y, n_head)


def attention_backward(dout, cache):
    x, w_qkv, w_proj, q, k, v, att, y, n_head = cache
    B, T, C = x.shape
    hs = C // n_head
    dw_proj = np.einsum('btc,btd->cd', y, dout)
    dy = dout @ w_proj.T
    dy = dy.reshape(B, T, n_head, hs).transpose(0, 2, 1, 3)
    datt = dy @ v.transpose(0, 1, 3, 2)
    dv = att.transpose(0, 1, 3, 2) @ dy
    dpreatt = att * (datt - (datt * att).sum(axis=-1, keepdims=True))
    dpreatt = dpreatt / np.sqrt(hs)
    dq = dpreatt @ k
    dk = dpreatt.transpose(0, 1, 3, 2) @ q
    merge = lambda a: a.transpose(0, 2, 1, 3).reshape(B, T, C)
    dqkv = np.concatenate([merge(dq), merge(dk), merge(dv)], axis=-1)
    dw_qkv = np.einsum('btc,btd->cd', x, dqkv)
    db_qkv = dqkv.sum(axis=(0, 1))
    dx = dqkv @ w_qkv.T
    return dx, dw_qkv, db_qkv, dw_proj


def check(**options):
    from crosscheck import certify_layer

    n = np.random.default_rng(31).standard_normal
    inputs = [n((2, 3, 4)), n((4, 12)), n(12), n((4, 4)), 2]
    return certify_layer(attention_forward, attention_backward, inputs, **options)
