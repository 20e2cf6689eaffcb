"""Keeping tokens out of what the libraries below us log when somebody turns on DEBUG."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

__all__ = ["WIRE", "hide_tokens_in_logs"]

# httpcore logs the headers of every answer, and the server repeats the token in them.
_LOGGERS: Final = ("httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")
_NAMED: Final = re.compile(
    r"""(b?["'](?:authorization|proxy-authorization|spacetime-identity-token)["'],\s*b?["'])[^"']*""",
    re.IGNORECASE,
)
_HIDDEN: Final = r"\1[hidden]"


class _HideTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Let a record pass without the tokens in it."""
        said = record.getMessage()
        shown = _NAMED.sub(_HIDDEN, said)
        if shown != said:
            record.msg, record.args = shown, None
        return True


_HIDE: Final = _HideTokens()


def hide_tokens_in_logs() -> None:
    """See that what httpcore logs of headers holds no token; doing so again changes nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_HIDE)


if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class _WithoutFrames(_Adapter):
    """Passes on all but DEBUG, where websockets logs headers and frames, with the token in both."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - logging's name
        """Whether a record of this level is wanted."""
        return level > logging.DEBUG and super().isEnabledFor(level)


WIRE: Final[_WithoutFrames] = _WithoutFrames(logging.getLogger("websockets.client"), {})
"""Where websockets logs what it does for us."""
