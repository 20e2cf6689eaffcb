"""Files that are there whole, or as they were before."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nerv_lab.core.errors import ValidationError

__all__ = ["PathLike", "expanded", "whole_file", "whole_folder"]

PathLike = str | os.PathLike[str]


def expanded(path: PathLike) -> Path:
    """Return a path with the home folder in the place of ``~``."""
    return Path(path).expanduser()


@contextmanager
def whole_file(path: PathLike) -> Iterator[BinaryIO]:
    """Write a file beside its place, and put it there when all of it is written.

    Raises
    ------
    ValidationError
        It cannot be written.
    """
    target = expanded(path)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(target)
    except OSError as error:
        reason = f"{target} cannot be written: {error.strerror or error}"
        raise ValidationError("path", reason) from None
    finally:
        with suppress(OSError):  # it was never made, or has its name
            part.unlink()


@contextmanager
def whole_folder(folder: PathLike) -> Iterator[Path]:
    """Make a folder for files, and take it away again where none was written.

    Raises
    ------
    ValidationError
        It cannot be made.
    """
    target = expanded(folder)
    made = [path for path in (target, *target.parents) if not path.exists()]
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValidationError("folder", f"{target} cannot be made: {error.strerror}") from None
    try:
        yield target
    except BaseException:
        for path in made:
            path.rmdir()
        raise
