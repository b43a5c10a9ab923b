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
    "activations": (
        "relu",
        "leaky_relu",
        "elu",
        "sigmoid",
        "tanh",
        "softplus",
        "gelu",
        "silu",
        "softmax",
        "log_softmax",
        "glu",
        "swiglu",
    ),
    "layers": (
        "affine",
        "bias",
        "embedding",
        "dropout",
        "batch_norm",
        "layer_norm",
        "group_norm",
        "rms_norm",
        "weight_decay",
        "residual",
    ),
    "images": (),
    "sequences": (),
    "optimisers": (),
    "models": (),
}
