"""Write the table of limits into docs/reference/limits.md; a test sees that it is there."""

from __future__ import annotations

from pathlib import Path

from nerv_lab.core.limits import limits_table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "limits.md"
HEAD = """# Limits

The same on every store, in memory, in a file and on a server, but where a row says so. What is
larger is refused before anything changes, with an error that names the field, what it has and how
much is allowed. What is recorded already is read whatever its size.

"""
REST = """
A server takes fewer changes at once than a file does: it makes a batch as one transaction, during
which it answers nobody, and tells everybody of all of it in one message. A million changes took so
long that the connection broke before the answer was there. One request to a server is all that a
batch takes on its way, and it has to be answered within `NERV_REQUEST_TIMEOUT` (60 seconds by
default): split what does not fit. A bundle goes to a server in parts, whatever its size. It is
read a record at a time, and refused where there is no room on the disk to unpack it. The bombs of
XML, entities in entities, are refused, and nothing outside a file is read for it. Events that are
published one by one are written together (`batch_events` in the settings); who publishes faster
than they are written waits.

The numbers are those of `nerv_lab.core.limits`; this table is written by `scripts/limits_page.py`.
"""

if __name__ == "__main__":
    PAGE.write_text(HEAD + limits_table() + REST)
