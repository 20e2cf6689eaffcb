"""Looking at a Lab from the outside: its numbers, and whether it is well."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from nerv_lab.core.bus import EventBus
from nerv_lab.core.history.versions import LTHASH
from nerv_lab.core.text import counted
from nerv_lab.inner_universe.contract.client import Finding, Status
from nerv_lab.inner_universe.metrics import Distribution, Metrics, ObservedUniverse
from nerv_lab.lab.asking.tables import frame
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.health import HealthReport
from nerv_lab.lab.outboxes import OutboxView
from nerv_lab.lab.position import Position

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Observer"]

_T = TypeVar("_T")
_COLUMNS: Final = ["name", "kind", "labels", "value", "mean", "p50", "p99", "unit", "description"]
# Where others write all the time, no two looks are of one moment.
_LOOKS: Final = 5


class Observer:
    """The instruments of a Lab."""

    bus: EventBus
    _observed: ObservedUniverse
    _follower: Follower

    @property
    @abstractmethod
    def status(self) -> Status:
        """Backend, connection state, identity and lag."""

    @property
    @abstractmethod
    def outbox(self) -> OutboxView:
        """What waits for the server."""

    @abstractmethod
    def refresh(self) -> None:
        """Take in, now, everything the store holds."""

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    def _add_instruments(self) -> None:
        reading = self.instruments.reading
        reading(
            "gauge",
            "queue.depth",
            lambda: {
                ("writing",): float(self._observed.meters.ledger.in_flight),
                ("telling",): float(self._follower.announcer.untold),
                ("outbox",): float(self.status.queued),
            },
            "waiting to be durable, to be told to the bus and the watchers, and for the server",
            labels=("queue",),
        )
        reading(
            "counter",
            "bus.failures",
            lambda: {(): float(self.bus.failures)},
            "calls of handlers or middleware that raised",
            unit="calls",
        )
        self._consistent = self.instruments.gauge(
            "sync.consistent", "1 where Lab and store agreed when last compared", unit="bool"
        )
        self._behind = self.instruments.gauge(
            "sync.lag_events", "in the store and not yet in the Lab, when last compared"
        )

    @property
    def instruments(self) -> Metrics:
        """Counters, gauges and histograms; adapters take them to Prometheus and OpenTelemetry."""
        return self._observed.meters.metrics

    @property
    def metrics(self) -> pd.DataFrame:
        """Every number that is measured, at this moment: one row for each series.

        ``value`` is that of a counter or gauge; of a histogram it is how many values there were,
        and ``mean``, ``p50`` and ``p99`` tell of their size.
        """
        rows = []
        for family in self.instruments.read():
            for labels, point in sorted(family.points.items()):
                row: dict[str, Any] = {
                    "name": family.name,
                    "kind": family.kind,
                    "labels": ", ".join(map("{}={}".format, family.labels, labels)),
                    "value": point,
                    "unit": family.unit,
                    "description": family.description,
                }
                if isinstance(point, Distribution):
                    row |= {
                        "value": float(point.count),
                        "mean": point.mean,
                        "p50": point.quantile(0.5),
                        "p99": point.quantile(0.99),
                    }
                rows.append(row)
        return frame(rows, _COLUMNS)

    def health(self) -> HealthReport:
        """Examine the connection, the position, the balance and the store; nothing is changed.

        It compares what is cheap to compare; `verify` recomputes everything.
        """
        findings = [self._connection()]
        if findings[0].level == "ok":
            findings += self._agreement()
        findings += self._flow()
        if findings[0].level == "ok":
            findings += self._run(self._observed.examine())
        return HealthReport(
            self._observed.uri, tuple(findings), self._observed.meters.ledger.balance()
        )

    def _connection(self) -> Finding:
        status = self.status
        detail = f"{status.state} ({status.backend})"
        if status.identity:
            detail += f", as {status.identity[:12]}…"
        if status.state == "reconnecting":
            return Finding("connection", "warning", f"{detail}; see that the server runs")
        if status.state == "closed":
            return Finding("connection", "problem", f"{detail}; open it again with nerv_lab.open")
        if back := int(self.instruments.value("connection.reconnects")):
            detail += f", came back {counted(back, 'time')}"
        return Finding("connection", "ok", detail)

    def _agreement(self) -> Iterator[Finding]:
        for _ in range(_LOOKS):
            self.refresh()
            position = self._follower.position()
            head = self._run(self._observed.branch_head(position.branch))
            last = self._run(self._observed.last_seq())
            if last == position.seq:
                break
        self._behind.set(max(0, last - position.seq))
        if last != position.seq:
            self._consistent.set(float(last > position.seq))
            yield _apart(position, last)
            return
        found = [
            Finding("position", "ok", f"event {last}, as the store"),
            _head(position, head),
            _state(position),
        ]
        self._consistent.set(float(all(f.level == "ok" for f in found)))
        yield from found

    def _flow(self) -> Iterator[Finding]:
        meters = self._observed.meters
        balance = meters.ledger.balance()
        yield Finding("balance", "ok" if balance.holds else "problem", str(balance))
        if unknown := meters.ledger.unknown:
            detail = f"{counted(unknown, 'write')} cut off; look in the log what is there"
            yield Finding("cut off", "warning", detail)
        if self._observed.outbox is not None:
            level: Literal["ok", "warning"] = "warning" if self.status.queued else "ok"
            yield Finding("outbox", level, self.outbox.summary.removeprefix("outbox: "))
        if meters.gaps:
            detail = (
                f"{counted(meters.gaps, 'event')} never arrived; close the Lab and open it again"
            )
            yield Finding("delivery", "problem", detail)
        else:
            count = int(self.instruments.value("events.consumed"))
            yield Finding("delivery", "ok", f"{counted(count, 'event')}, without a gap")
        if failures := self.bus.failures:
            detail = f"{counted(failures, 'call')} raised; the log of Python's logging says which"
            yield Finding("handlers", "warning", detail)


def _apart(position: Position, last: int) -> Finding:
    if last < position.seq:
        detail = f"event {position.seq}, but the store ends at {last}; run lab.verify()"
        return Finding("position", "problem", detail)
    return Finding("position", "warning", f"event {position.seq} of {last}; others keep writing")


def _head(position: Position, stored: str | None) -> Finding:
    mine = position.head.id if position.head else None
    if mine != stored:
        detail = f"{mine} here, {stored} in the store; run lab.verify()"
        return Finding("head", "problem", detail)
    where = f"of branch {position.branch!r}"
    return Finding("head", "ok", f"{mine} {where}" if mine else f"no version yet {where}")


def _state(position: Position) -> Finding:
    if position.waiting:
        return Finding("state", "ok", f"{counted(len(position.waiting), 'change')} since the head")
    head = position.head
    if head and head.algorithm == LTHASH and position.state.data_hash != head.data_hash:
        return Finding("state", "problem", "is not what the head says; run lab.verify()")
    return Finding("state", "ok", "as the head says" if head else "nothing is committed yet")
