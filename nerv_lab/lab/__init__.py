"""The Lab: the one object a notebook holds."""

from __future__ import annotations

from nerv_lab.lab.announcing import ConfirmedBatch
from nerv_lab.lab.asking.graph_items import Entities, Relations
from nerv_lab.lab.asking.paths import Path
from nerv_lab.lab.asking.queries import EntityQuery, RelationQuery
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.asking.search_results import SearchResults
from nerv_lab.lab.health import HealthReport
from nerv_lab.lab.lab import Lab
from nerv_lab.lab.opening import import_bundle, open
from nerv_lab.lab.past.diffs import Diff
from nerv_lab.lab.past.event_log import EventLog
from nerv_lab.lab.past.histories import Blame, BlameEntry, History, HistoryEntry
from nerv_lab.lab.past.results import (
    LogEntry,
    VerifyReport,
    VersionLog,
)
from nerv_lab.lab.past.retaining import RetentionReport
from nerv_lab.lab.schemas.reports import SchemaEntry, SchemaMigration, SchemaReport
from nerv_lab.lab.schemas.schemas import Schemas
from nerv_lab.lab.security.access import Access

__all__ = [
    "Access",
    "Blame",
    "BlameEntry",
    "ConfirmedBatch",
    "Diff",
    "Entities",
    "EntityQuery",
    "EventLog",
    "HealthReport",
    "History",
    "HistoryEntry",
    "Lab",
    "LogEntry",
    "Path",
    "RelationQuery",
    "Relations",
    "RetentionReport",
    "SchemaEntry",
    "SchemaMigration",
    "SchemaReport",
    "Schemas",
    "SearchResults",
    "VerifyReport",
    "VersionLog",
    "View",
    "import_bundle",
    "open",
]
