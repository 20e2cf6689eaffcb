"""Write the table of limits into docs/reference/limits.md; a test sees that it is there."""

from __future__ import annotations

from pathlib import Path

from nerv_lab.core.limits import limits_table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "limits.md"
HEAD = """# Limits

The same on every store: in memory, in a file and on a server. What is larger is refused before
anything changes, with an error that names the field, what it has and how much is allowed. What is
recorded already is read whatever its size.

"""
REST = """
One request to a server is all that a batch takes on its way, and it has to be answered within
`NERV_REQUEST_TIMEOUT` (60 seconds by default), which a batch of a million changes is not: split
what does not fit. A bundle is read a record at a time, and refused where there is no room on the
disk to unpack it. The bombs of XML, entities in entities, are refused, and nothing outside a file
is read for it. Events that are published one by one are written together (`batch_events` in the
settings); who publishes faster than they are written waits.

The numbers are those of `nerv_lab.core.limits`; this table is written by `scripts/limits_page.py`.
"""

if __name__ == "__main__":
    PAGE.write_text(HEAD + limits_table() + REST)
