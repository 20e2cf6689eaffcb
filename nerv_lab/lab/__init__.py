"""The Lab: the one object a notebook holds."""

from __future__ import annotations

from nerv_lab.lab.access import Access
from nerv_lab.lab.announcing import ConfirmedBatch
from nerv_lab.lab.diffs import Diff
from nerv_lab.lab.event_log import EventLog
from nerv_lab.lab.graph_items import Entities, Relations
from nerv_lab.lab.health import HealthReport
from nerv_lab.lab.histories import Blame, BlameEntry, History, HistoryEntry
from nerv_lab.lab.lab import Lab
from nerv_lab.lab.opening import import_bundle, open
from nerv_lab.lab.paths import Path
from nerv_lab.lab.queries import EntityQuery, RelationQuery
from nerv_lab.lab.reading import View
from nerv_lab.lab.results import (
    LogEntry,
    VerifyReport,
    VersionLog,
)
from nerv_lab.lab.retaining import RetentionReport
from nerv_lab.lab.schema_reports import SchemaEntry, SchemaMigration, SchemaReport
from nerv_lab.lab.schemas import Schemas
from nerv_lab.lab.search_results import SearchResults

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
