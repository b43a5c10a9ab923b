import numpy as np


def word_embedding_forward(x, W):
    return W[x], (x, W)


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    np.add.at(dW, x, dout)
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    M = b.shape[0]
    out = x.reshape(N * T, D).dot(w).reshape(N, T, M) + b
    return out, (x, w, b)


def temporal_affine_backward(dout, cache):
    x, w, b = cache
    N, T, D = x.shape
    M = b.shape[0]
    dx = dout.reshape(N * T, M).dot(w.T).reshape(N, T, D)
    dw = dout.reshape(N * T, M).T.dot(x.reshape(N * T, D)).T
    db = dout.sum(axis=(0, 1))
    return dx, dw, db


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    x_flat = x.reshape(N * T, V)
    y_flat = y.reshape(N * T)
    mask_flat = mask.reshape(N * T)
    probs = np.exp(x_flat - np.max(x_flat, axis=1, keepdims=True))
    probs = probs / np.sum(probs, axis=1, keepdims=True)
    loss = -np.sum(mask_flat * np.log(probs[np.arange(N * T), y_flat])) / N
    dx_flat = probs.copy()
    dx_flat[np.arange(N * T), y_flat] -= 1
    dx_flat /= N
    dx_flat *= mask_flat[:, None]
    dx = dx_flat.reshape(N, T, V)
    return loss, dx


def caption_loss(W_embed, W_vocab, b_vocab, captions, targets, mask):
    emb, emb_cache = word_embedding_forward(captions, W_embed)
    hidden = np.tanh(emb)
    scores, aff_cache = temporal_affine_forward(hidden, W_vocab, b_vocab)
    loss, dscores = temporal_softmax_loss(scores, targets, mask)
    dhidden, dW_vocab, db_vocab = temporal_affine_backward(dscores, aff_cache)
    demb = dhidden * (1 - hidden ** 2)
    dW_embed = word_embedding_backward(demb, emb_cache)
    return loss, {'W_embed': dW_embed, 'W_vocab': dW_vocab, 'b_vocab': db_vocab}


def check(**options):
    from crosscheck import certify

    rng = np.random.default_rng(46)
    n = rng.standard_normal
    params = {'W_embed': n((6, 4)), 'W_vocab': n((4, 6)), 'b_vocab': n(6)}
    data = {'captions': np.array([[1, 2, 1], [5, 0, 2]]), 'targets': np.array([[2, 1, 3], [0, 2, 4]]),
            'mask': np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])}
    return certify(lambda **a: caption_loss(**a)[0], lambda **a: caption_loss(**a)[1], params, data, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    params = {'W_embed': n((6, 4)), 'W_vocab': n((4, 6)), 'b_vocab': n(6)}
    data = {'captions': np.array([[1, 2, 1]]), 'targets': np.array([[2, 1, 3]]), 'mask': np.ones((1, 3))}
    return certify(caption_loss, None, params, data, **options)
