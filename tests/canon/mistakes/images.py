"""Mistakes in the image layers: the page, a piece of its source, and what stands there instead."""

MISTAKES = [
    ("conv2d", "grad_X[..., rows, columns] +=", "grad_X[..., rows, columns] ="),
    ("conv2d", '"b": dout.sum(axis=(0, 2, 3))', '"b": dout.mean(axis=0).sum(axis=(1, 2))'),
    ("conv2d", "cropped(grad_X.reshape(X.shape), padding)", "grad_X.reshape(X.shape)"),
    (
        "conv2d",
        '"ngoyx,gok->ngkyx", delta, Wg[..., p, q]',
        '"ngoyx,gok->ngkyx", delta, Wg[..., -1 - p, -1 - q]',
    ),
    ("conv2d_im2col", "X[:, :, rows, columns] += cols", "X[:, :, rows, columns] = cols"),
    ("conv2d_im2col", ".sum(axis=0)  # (G", ".mean(axis=0)  # (G"),
    ("conv2d_im2col", "return cropped(X, padding)", "return cropped(X, 0)[:, :, :H, :width]"),
    ("conv_transpose2d", "met, W[:, :, p, q])", "met, W[:, :, -1 - p, -1 - q])"),
    ("conv_transpose2d", "grad_X += np", "grad_X = np"),
    ("max_pool2d", "place[entry > out]", "place[entry >= out]"),
    ("max_pool2d", "grad_X[:, :, rows, columns] += dout", "grad_X[:, :, rows, columns] = dout"),
    ("avg_pool2d", "share = dout / size**2", "share = dout"),
    ("avg_pool2d", "tap(q, width, stride)] += share", "tap(q, width, stride)] = share"),
    ("global_avg_pool", "dout / (shape[2] * shape[3])", "dout / 1"),
    ("global_avg_pool", "shape[2] * shape[3]", "shape[1] * shape[2] * shape[3]"),
    ("upsample", "A.T @ dout @ B}", "dout[..., :: len(A) // A.shape[1], :: len(B) // B.shape[1]]}"),
    ("upsample", "(i + 0.5) / factor - 0.5", "i / factor"),
]
