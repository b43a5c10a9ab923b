"""Formulas as MathML, which browsers draw by themselves: no script, and nothing is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils.nodes import Node, SkipNode
from docutils.utils.math.latex2mathml import tex2mathml

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator


def inline(translator: HTML5Translator, node: Node) -> None:
    """Write a formula within a line."""
    translator.body.append(tex2mathml(node.astext()))
    raise SkipNode


def block(translator: HTML5Translator, node: Node) -> None:
    """Write a formula on lines of its own."""
    translator.body.append(f'<div class="formula">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise SkipNode
