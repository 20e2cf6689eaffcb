"""Structured logs: one JSON object on each line, for machines to read.

::

    import logging
    from nerv_lab.inner_universe.metrics.logs import JsonFormatter

    handler = logging.FileHandler("nerv.log")
    handler.setFormatter(JsonFormatter())
    logging.getLogger("nerv_lab").addHandler(handler)
    logging.getLogger("nerv_lab").setLevel(logging.INFO)

At the level ``DEBUG`` the logger ``nerv_lab.operations`` writes a line for every call of the
client: ``operation``, ``duration_ms``, ``error`` and ``origin``.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from typing import Any

__all__ = ["JsonFormatter"]

# What every record has is either written under a name of our own or of no use to a machine.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """Writes a record as a JSON object.

    It has ``time`` (ISO 8601, UTC), ``level``, ``logger``, ``message``, ``thread``; where an
    error was logged ``error`` and ``traceback``; and what was given as ``extra``.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "thread": record.threadName,
        }
        line |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
