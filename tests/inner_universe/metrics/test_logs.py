from __future__ import annotations

import json
import logging
import sys
from typing import Any

from nerv_lab.inner_universe.metrics.logs import JsonFormatter


def line(**given: Any) -> dict[str, Any]:
    record = logging.makeLogRecord({"name": "nerv_lab", "levelname": "INFO", "created": 0} | given)
    written: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return written


def test_a_record_is_one_line_of_json() -> None:
    formatted = JsonFormatter().format(logging.makeLogRecord({"msg": "two\nlines"}))
    assert "\n" not in formatted
    assert json.loads(formatted)["message"] == "two\nlines"


def test_the_arguments_are_in_the_message_and_the_time_is_utc() -> None:
    written = line(msg="%s of %s", args=(1, 2))
    assert written["message"] == "1 of 2"
    assert written["time"] == "1970-01-01T00:00:00.000000+00:00"


def test_what_is_given_as_extra_is_there() -> None:
    assert line(operation="apply", duration_ms=1.5)["duration_ms"] == 1.5


def test_an_error_is_named_and_traced() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        written = line(exc_info=sys.exc_info())
    assert written["error"] == "ValueError"
    assert "ValueError: no" in written["traceback"]


def test_what_json_does_not_know_is_written_as_text() -> None:
    assert line(where={1, 2}.__class__)["where"] == "<class 'set'>"
