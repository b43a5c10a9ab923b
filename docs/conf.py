"""Sphinx: `nox -s docs`. The pages are committed; what a program can say is generated."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = str(ROOT)  # of the kernels that run the pages
os.environ.setdefault("OMP_NUM_THREADS", "1")

from crosscheck.core.version import __version__  # noqa: E402 - found on the path set above
from docs.building import generated, math, pages  # noqa: E402 - found on the path set above

project = "crosscheck"
author = copyright = "the authors of backprop-crosscheck"  # noqa: A001 - Sphinx's name
version = release = __version__
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "building", "gallery/**", "programs"]
default_role = "literal"
smartquotes = False  # what stands in quotes is often code

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
nb_execution_mode = "cache"
nb_execution_cache_path = str(ROOT / "docs" / "_build" / "cells")
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_merge_streams = True

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
nitpicky = False

html_theme = "pydata_sphinx_theme"
html_title = f"crosscheck {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": True,
    "navigation_with_keys": False,
    "show_nav_level": 1,
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_version_warning_banner": False,
}
html_math_renderer = "mathml"  # of docutils: nothing is fetched


def setup(app: Sphinx) -> None:
    """Generate pages before any is read, and turn each committed one into one of the site."""
    app.add_html_math_renderer("mathml", (math.inline, None), (math.block, None))
    app.connect("config-inited", lambda *_: generated.write())
    app.connect("source-read", _read)
    app.connect("autodoc-process-docstring", _escape)
    app.connect("doctree-read", _without_noqa)


def _escape(*event: Any) -> None:
    """Escape the bars of absolute values, |actual − oracle|: to Sphinx they are substitutions."""
    lines: list[str] = event[-1]
    lines[:] = [line if "`" in line else line.replace("|", r"\|") for line in lines]


def _without_noqa(_: Sphinx, page: nodes.document) -> None:
    """Show code that a page includes without what it tells the linter."""
    for block in page.findall(nodes.literal_block):
        if "  # noqa" in (text := block.astext()):
            block.rawsource = re.sub(r"  # noqa[^\n]*", "", text)
            block[:] = [nodes.Text(block.rawsource)]


def _read(_: Sphinx, name: str, content: list[str]) -> None:
    if not name.startswith("_generated"):
        content[0] = pages.site_text(name, content[0])
