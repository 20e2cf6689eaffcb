"""A whole history in one file: written from any store, verified, and taken in by any other.

A bundle is a ZIP archive with exactly these entries, in this order:

``events.jsonl``
    The event log from its first event, one canonical JSON record to a line, as
    `records.event_record` has it.
``versions.jsonl``
    The versions in the order of their commits, one ``Version.record()`` to a line.
``deltas.bin``
    The delta of each version in the same order: its length (8 bytes, big-endian), then itself.
``tags.jsonl``
    One ``{"name": …, "version_id": …}`` to a line, by name.
``manifest.json``
    ``format``, ``version`` (1), ``last_seq``, ``heads`` (version id of each branch) and
    ``sections``: of each other entry its number of ``records``, its ``size`` in bytes and its
    ``sha256``.

JSON is in the canonical form of `nerv_lab.core.values`. Working rows are not written: they follow
from the log. The same history gives the same bytes.
"""

from __future__ import annotations

from nerv_lab.inner_universe.bundles.reader import Bundle
from nerv_lab.inner_universe.bundles.writer import BundleReport, HistorySource, write_bundle

__all__ = ["Bundle", "BundleReport", "HistorySource", "write_bundle"]
