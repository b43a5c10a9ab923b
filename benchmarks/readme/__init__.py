"""The pages that people read: README*.md, CONTRIBUTING.md, docs/. Nothing in their blocks is typed.

    python -m benchmarks.readme            fill every block of every page
    python -m benchmarks.readme table help fill these alone

Any page may have any block of `blocks.BLOCKS`, and any program of docs/programs/ by its file name.
"""
