"""Parsers of ``%nerv`` commands, and what they answer with."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, NoReturn

from IPython.core.error import UsageError as IPythonUsageError

from nerv_lab.core.errors import UsageError

__all__ = ["PLACE", "CommandError", "Help", "Parser", "add_lab"]

PLACE = "version label (v1), head, tag, version id or its beginning, event number or time"


class CommandError(UsageError, IPythonUsageError):
    """A ``%nerv`` command was written wrongly or failed; IPython shows it without a traceback."""

    def _render_traceback_(self) -> list[str]:
        kind = type(self.__cause__) if self.__cause__ else UsageError
        return [f"{kind.__name__}: {self}"]


class Help(str):
    """A text that shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Parser(argparse.ArgumentParser):
    """A parser that raises where argparse would end the process."""

    def __init__(self, command: str, description: str, *, mark: str = "%") -> None:
        self.options: list[str] = []
        super().__init__(
            prog=f"{mark}nerv {command}",
            description=description,
            add_help=False,
            allow_abbrev=False,
            formatter_class=partial(argparse.HelpFormatter, width=88),
        )
        # Python 3.14 would colour the text by the terminal, and a notebook is none.
        self.color = False

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Add an argument, and remember what it may be called."""
        action = super().add_argument(*names, **options)
        self.options.extend(action.option_strings)
        return action

    def error(self, message: str) -> NoReturn:
        """Raise `CommandError` with the usage."""
        raise CommandError(f"{message}\n{self.format_usage().rstrip()}")


def add_lab(parser: Parser) -> None:
    """Let a command say which lab it means."""
    parser.add_argument(
        "--lab", metavar="NAME", help="variable that holds the lab, where there are several"
    )
