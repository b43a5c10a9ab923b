"""Networks and layers as courses and books write them, with the mistakes that people make.

    python -m benchmarks.accuracy.styles --json FILE [--style NAME] [--limit N]

`sources/` has one network or layer a file, in plain NumPy, as it is written elsewhere; its last
function, `check`, certifies it by one call. `NAME.mistakes` beside it has edits of its source, one
mistake each or two at once, with the name that a diagnosis may give and the line of the loss that
the mistake belongs to. Both were chosen without a look at the catalogue of the diagnosis.
"""
