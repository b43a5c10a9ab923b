import numpy as np


def softmax(x):
    x = x - np.max(x)
    return np.exp(x) / np.sum(np.exp(x))


def naive_softmax_loss_and_gradient(center_word_vec, outside_word_idx, outside_vectors):
    y_hat = softmax(outside_vectors @ center_word_vec)
    loss = -np.log(y_hat[outside_word_idx])
    delta = y_hat.copy()
    delta[outside_word_idx] -= 1
    grad_center_vec = outside_vectors.T @ delta
    grad_outside_vecs = np.outer(delta, center_word_vec)
    return loss, grad_center_vec, grad_outside_vecs


def skipgram(current_center, outside_words, center_vectors, outside_vectors):
    loss = 0.0
    grad_center_vecs = np.zeros(center_vectors.shape)
    grad_outside_vectors = np.zeros(outside_vectors.shape)
    v_c = center_vectors[current_center]
    for o in outside_words:
        l, dv, du = naive_softmax_loss_and_gradient(v_c, o, outside_vectors)
        loss += l
        grad_center_vecs[current_center] += dv
        grad_outside_vectors += du
    return loss, grad_center_vecs, grad_outside_vectors


def check(**options):
    from crosscheck import certify

    def loss(center_vectors, outside_vectors, center, context):
        return skipgram(center, context, center_vectors, outside_vectors)[0]

    def gradient(center_vectors, outside_vectors, center, context):
        return skipgram(center, context, center_vectors, outside_vectors)[1:]

    n = np.random.default_rng(36).standard_normal
    params = {'center_vectors': n((5, 3)), 'outside_vectors': n((5, 3))}
    return certify(loss, gradient, params, {'center': 2, 'context': [0, 3, 4, 3]}, **options)


def one_line(**options):
    from crosscheck import certify

    n = np.random.default_rng(0).standard_normal
    params = {'center_vectors': n((5, 3)), 'outside_vectors': n((5, 3))}
    data = {'current_center': 2, 'outside_words': [0, 3, 4, 3]}
    return certify(skipgram, None, params, data, **options)
