"""Libraries that only some exchanges need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nerv_lab.core.errors import MissingLibraryError

__all__ = ["needs"]


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Say how to install what an import in the block does not find.

    Raises
    ------
    MissingLibraryError
        A library of the extra is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        raise MissingLibraryError(
            f"this needs {library}, which is not installed; pip install 'nerv-lab[{extra}]'"
        ) from None
