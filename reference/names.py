"""The one list of the pages: group -> names, in reading order. Everything else asks it.

It imports nothing, so that a command's help can read it in any process.
"""

# A page is the module `reference.<group>.<name>`; the document's stand in `reference` itself.
# Names are unique over all groups.
GROUPS: dict[str, tuple[str, ...]] = {
    "document": (
        "square",
        "chain_rule",
        "sigmoid_neuron",
        "relu_network",
        "numerical_gradient",
        "guess_number",
    ),
    "losses": (
        "half_squared_error",
        "mean_squared_error",
        "mean_absolute_error",
        "huber",
        "binary_cross_entropy",
        "softmax_cross_entropy",
        "one_hot_cross_entropy",
        "hinge",
        "kl_divergence",
        "info_nce",
        "triplet",
    ),
    "activations": (),
    "layers": ("affine",),
    "images": (
        "conv2d",
        "conv2d_im2col",
        "conv_transpose2d",
        "max_pool2d",
        "avg_pool2d",
        "global_avg_pool",
        "upsample",
    ),
    "sequences": (
        "rnn",
        "rnn_truncated",
        "lstm",
        "gru",
        "bidirectional",
        "attention",
        "multi_head_attention",
        "sinusoidal_positions",
        "learned_positions",
        "rope",
        "transformer_block",
        "gpt",
    ),
    "optimisers": (
        "sgd_step",
        "momentum",
        "nesterov",
        "adagrad",
        "rmsprop",
        "adam",
        "adamw",
        "clip_by_norm",
        "schedules",
    ),
    "models": (),
}
