"""The fixture `certify` for pytest: a hand-written gradient that does not agree fails its test.

    def test_my_gradient(certify):
        certify(loss, gradient, {"W": W, "b": b}, {"X": X, "y": y})

It takes what `crosscheck.certify` takes and returns the certificate; `check=False` returns it
without asserting. `certify_layer`, `certify_network` and `certify_update` are the same for the
functions of these names. pytest finds this
module by its entry point, in every run where the package is installed: neither NumPy nor a
framework is imported before a test asks.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import re
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

from crosscheck.pytest_plugin import discover
from crosscheck.pytest_plugin.annotations import (  # the hooks are this plugin's
    pytest_runtest_makereport as pytest_runtest_makereport,
)
from crosscheck.pytest_plugin.annotations import (
    pytest_terminal_summary as pytest_terminal_summary,
)
from crosscheck.pytest_plugin.annotations import remember

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.certificate import Certificate

FEWEST = 8  # crosscheck.core.sampling says so too, but imports NumPy
LONGEST = 120  # of a nodeid in a file's name: names of more than 255 bytes are refused
_NUMBERS = pytest.StashKey["count[int]"]()  # of a test's certificates, by whichever fixture
PACKAGE = str(Path(__file__).parents[1])


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    group = parser.getgroup("crosscheck", "certified gradients")
    group.addoption(
        "--crosscheck-points",
        type=_points,
        metavar="N",
        help=f"how many points `certify` samples where a test does not say: {FEWEST} or more",
    )
    group.addoption(
        "--crosscheck-oracles",
        type=lambda text: tuple(text.split(",")),
        metavar="NAMES",
        help="which frameworks to check against, such as `torch`: where a test does not say",
    )
    group.addoption(
        "--crosscheck-json",
        metavar="DIR",
        help="write every certificate to DIR, a file each, named after its test; made if missing",
    )
    group.addoption(
        "--crosscheck-textbook",
        action="store_true",
        help="collect notebooks, Markdown and other books: each cell and each claim is a test",
    )
    discover.add_options(group)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a book, where the run asks for books."""
    if not parent.config.getoption("crosscheck_textbook"):
        return None
    from crosscheck.textbook.formats.load import is_book

    if not is_book(file_path, file_path.parent):
        return None
    from crosscheck.pytest_plugin.books import BookFile

    collector: pytest.Collector = BookFile.from_parent(parent, path=file_path)
    return collector


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of the certificates, or end the run with a usage error before it starts."""
    discover.configure(config)
    given = config.getoption("crosscheck_json")
    if given is None:
        return
    # Absolute: a test may change the working directory. Text: pytest-xdist sends it to workers.
    folder = config.invocation_params.dir / given
    config.option.crosscheck_json = str(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{id(config):x}"
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError as error:
        msg = f"--crosscheck-json: cannot write to {given!r}: {error.strerror}"
        raise pytest.UsageError(msg) from None


@pytest.fixture
def certify(request: pytest.FixtureRequest) -> Callable[..., Certificate]:
    """Certify a hand-written gradient, and fail the test unless it agrees: crosscheck.certify."""
    import crosscheck

    return _asserting(crosscheck.certify, request)


@pytest.fixture
def certify_layer(request: pytest.FixtureRequest) -> Callable[..., Certificate]:
    """Certify a layer's backward pass, and fail the test unless it agrees."""
    import crosscheck

    return _asserting(crosscheck.certify_layer, request)


@pytest.fixture
def certify_network(request: pytest.FixtureRequest) -> Callable[..., Certificate]:
    """Certify the gradient of a network that is an object, and fail the test unless it agrees."""
    import crosscheck

    return _asserting(crosscheck.certify_network, request)


@pytest.fixture
def certify_update(request: pytest.FixtureRequest) -> Callable[..., Certificate]:
    """Certify a hand-written optimiser, and fail the test unless it agrees."""
    import crosscheck

    return _asserting(crosscheck.certify_update, request, options=False)


def _asserting(
    function: Callable[..., Certificate], request: pytest.FixtureRequest, *, options: bool = True
) -> Callable[..., Certificate]:
    """Return the function with the run's options, keeping and asserting what it returns."""
    points = request.config.getoption("crosscheck_points") if options else None
    oracles = request.config.getoption("crosscheck_oracles") if options else None
    folder = request.config.getoption("crosscheck_json")
    everything = request.config.getoption("fulltrace")
    numbers = request.node.stash.setdefault(_NUMBERS, count(1))
    from crosscheck.ci.problems import of_certificate

    @functools.wraps(function)
    def certify(*args: Any, check: bool = True, **options: Any) -> Certificate:
        __tracebackhide__ = True
        if points is not None:
            options.setdefault("points", points)
        if oracles is not None:
            options.setdefault("oracles", oracles)
        try:
            certificate = function(*args, **options)
        except Exception as error:  # noqa: BLE001 - it is raised again
            trace = error.__traceback__ if everything else _outside(error.__traceback__)
            raise error.with_traceback(trace)  # noqa: B904 - itself, with fewer frames
        if folder is not None:
            file = Path(folder) / filename(request.node.nodeid, next(numbers))
            file.write_text(certificate.to_json(), encoding="utf-8")
        if check and not certificate:
            remember(request.node, of_certificate(certificate, _place(request.node)))
        if check:
            certificate.assert_agrees()
        return certificate

    return certify


def filename(nodeid: str, number: int) -> str:
    """Return the name of a test's certificate: its nodeid where safe, a digest, and a number.

    The digest keeps apart what is the same in safe letters, in one case or cut short.
    """
    safe = re.sub(r"[^A-Za-z0-9.-]+", "_", nodeid).strip("._-")[-LONGEST:]
    digest = hashlib.sha256(nodeid.encode()).hexdigest()[:10]
    return f"{safe}-{digest}-{number}.json"


def _place(item: pytest.Item) -> tuple[str, int]:
    """Return file and line of a test."""
    return str(item.path), (item.location[1] or 0) + 1


def _outside(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback without this package's frames: the test's, the user's functions'."""
    if trace is None:
        return None
    following = _outside(trace.tb_next)
    if trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
        return following
    return TracebackType(following, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


def _points(text: str) -> int:
    """Return the number of points; argparse adds the option's name to the error."""
    if not text.isdecimal() or int(text) < FEWEST:
        msg = f"{text!r} is not a whole number of {FEWEST} or more"
        raise argparse.ArgumentTypeError(msg)
    return int(text)
