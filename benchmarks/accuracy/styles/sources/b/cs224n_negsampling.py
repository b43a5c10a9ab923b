import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def neg_sampling_loss_and_gradient(center_word_vec, outside_vectors, outside_word_idx, neg_indices):
    u_o = outside_vectors[outside_word_idx]
    u_k = outside_vectors[neg_indices]
    s_o = sigmoid(u_o @ center_word_vec)
    s_k = sigmoid(-u_k @ center_word_vec)
    loss = -np.log(s_o) - np.sum(np.log(s_k))
    grad_center_vec = (s_o - 1) * u_o + (1 - s_k) @ u_k
    grad_outside_vecs = np.zeros_like(outside_vectors)
    grad_outside_vecs[outside_word_idx] += (s_o - 1) * center_word_vec
    for i, k in enumerate(neg_indices):
        grad_outside_vecs[k] += (1 - s_k[i]) * center_word_vec
    return loss, grad_center_vec, grad_outside_vecs


def check(**options):
    from crosscheck import certify

    def loss(v_c, U, o, neg):
        return neg_sampling_loss_and_gradient(v_c, U, o, neg)[0]

    def gradient(v_c, U, o, neg):
        return neg_sampling_loss_and_gradient(v_c, U, o, neg)[1:]

    n = np.random.default_rng(37).standard_normal
    return certify(loss, gradient, {'v_c': n(4), 'U': n((6, 4))}, {'o': 1, 'neg': [3, 0, 3, 5]}, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    params = {'center_word_vec': n(4), 'outside_vectors': n((6, 4))}
    data = {'outside_word_idx': 1, 'neg_indices': [3, 0, 3, 5]}
    return certify(neg_sampling_loss_and_gradient, None, params, data, **options)
