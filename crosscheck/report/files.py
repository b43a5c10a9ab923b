"""Reports written to files, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a text to a file, in one step: what was there stays until the new file is complete.

    A link is replaced, and what it points to stays as it is. Devices and pipes are written to.
    Half a character, which no file can hold, becomes a question mark.

    Raises:
        OSError: the file cannot be written; nothing is left behind.

    """
    content = text.encode("utf-8", errors="replace")
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        os.chmod(name, 0o666 & ~_mask())  # noqa: PTH101 - a temporary file is the owner's alone
        os.replace(name, path)  # noqa: PTH105 - a name as `tempfile` gives it
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise


def _mask() -> int:
    """Return what the user keeps from others in new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
