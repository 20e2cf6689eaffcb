from __future__ import annotations

from typing import Any

import pytest

from nerv_lab.core.errors import EntityNotFoundError, ServerGoneError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe import InnerUniverseClient, MockInnerUniverse
from nerv_lab.inner_universe.contract.client import Finding, Status
from nerv_lab.inner_universe.metrics import Balance
from nerv_lab.lab import HealthReport, Lab


def levels(report: HealthReport) -> dict[str, str]:
    return {finding.name: finding.level for finding in report.findings}


@pytest.mark.every_backend
def test_metrics_are_a_frame_of_every_series(lab: Lab) -> None:
    lab.add_entity("person", id="ada")
    lab.commit("one")
    with pytest.raises(EntityNotFoundError):
        lab.delete("nobody")
    frame = lab.metrics.set_index(["name", "labels"])
    assert frame.loc[("events.accepted", "event_type=ENTITY_CREATED"), "value"] == 1
    assert frame.loc[("events.accepted", "event_type=STATE_VERSION_COMMITTED"), "value"] == 1
    assert frame.loc[("connection.state", _connected(lab)), "value"] == 1
    latency = frame.loc[("events.publication_latency_ms", "event_type=ENTITY_CREATED")]
    assert latency["value"] == 1
    assert latency["mean"] > 0
    assert latency["p50"] <= latency["p99"]


def _connected(lab: Lab) -> str:
    return f"backend={lab.status.backend}, state=connected"


@pytest.mark.every_backend
def test_a_lab_that_is_well_says_so(lab: Lab) -> None:
    lab.add_entity("person", id="ada")
    lab.commit("one")
    report = lab.health()
    assert report.ok
    assert report.balance == Balance(published=2, accepted=2)
    assert {"connection", "position", "head", "state", "balance", "delivery"} <= levels(
        report
    ).keys()
    assert "problem" not in levels(report).values()
    assert lab.instruments.value("sync.consistent") == 1
    assert lab.instruments.value("sync.lag_events") == 0


@pytest.mark.every_backend
def test_what_others_write_is_no_harm(lab: Lab, other: Lab) -> None:
    other.add_entity("person", id="ada")
    other.commit("one")
    assert lab.health().ok
    assert lab.head == other.head
    assert lab.instruments.value("events.consumed", "ENTITY_CREATED", "foreign") == 1


def test_what_users_do_wrong_is_counted_and_leaves_the_lab_well(lab: Lab) -> None:
    lab.bus.subscribe("said", lambda event: 1 / 0)
    lab.bus.publish("said")
    report = lab.health()
    assert report.ok
    assert levels(report)["handlers"] == "warning"
    assert lab.instruments.value("bus.failures") == 1


def test_a_conflict_that_the_lab_overcomes_is_counted(
    lab: Lab, other: Lab, client: InnerUniverseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = client.apply_and_commit

    async def late(*arguments: Any, **options: Any) -> Any:
        monkeypatch.undo()
        other.add_entity("person", id="ada")
        return await commit(*arguments, **options)

    monkeypatch.setattr(client, "apply_and_commit", late)
    lab.commit("one")
    assert lab.health().balance == Balance(published=2, accepted=1, conflicted=1)


def test_a_state_that_the_head_does_not_say_is_a_problem(lab: Lab) -> None:
    lab.add_entity("person", id="ada")
    lab.commit("one")
    lab.add_entity("person", id="bob")
    lab._follower._waiting.clear()
    report = lab.health()
    assert not report.ok
    assert levels(report)["state"] == "problem"
    assert lab.instruments.value("sync.consistent") == 0
    assert "not healthy" in repr(report)


def test_a_head_that_is_not_that_of_the_store_is_a_problem(lab: Lab) -> None:
    lab.commit("one")
    lab._history.move("main", None)
    assert levels(lab.health())["head"] == "problem"


def test_a_store_that_ends_before_the_lab_is_a_problem(
    lab: Lab, client: InnerUniverseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add_entity("person", id="ada")

    async def nothing() -> int:
        return 0

    monkeypatch.setattr(client, "last_seq", nothing)
    report = lab.health()
    assert levels(report)["position"] == "problem"


def test_others_who_never_stop_writing_are_a_warning(
    lab: Lab, client: InnerUniverseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def more() -> int:
        return lab.seq + 1

    monkeypatch.setattr(client, "last_seq", more)
    report = lab.health()
    assert report.ok
    assert levels(report)["position"] == "warning"
    assert lab.instruments.value("sync.lag_events") == 1


def test_events_that_never_arrived_are_a_problem(lab: Lab) -> None:
    lab._observed.meters.delivered((Event("a", "said", seq=1),))
    lab._observed.meters.delivered((Event("b", "said", seq=3),))
    assert levels(lab.health())["delivery"] == "problem"


def test_a_write_that_was_cut_off_is_a_warning(lab: Lab, client: MockInnerUniverse) -> None:
    client.fail_next(ServerGoneError("gone"))
    with pytest.raises(ServerGoneError):
        lab.bus.publish("said")
    report = lab.health()
    assert levels(report)["cut off"] == "warning"
    assert report.balance == Balance(published=1, pending=1)


def test_a_lab_whose_server_is_away_is_asked_nothing_more(
    lab: Lab, client: InnerUniverseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    away: Any = property(lambda self: Status("server", "reconnecting"))
    monkeypatch.setattr(type(client), "status", away)
    report = lab.health()
    assert levels(report)["connection"] == "warning"
    assert "position" not in levels(report)


def test_a_report_shows_itself_as_text_html_and_a_frame() -> None:
    findings = (Finding("file", "ok", "<1 kB"), Finding("disk", "warning", "full"))
    report = HealthReport("team.nerv", findings, Balance())
    assert repr(report) == "team.nerv: healthy, with warnings\n✓ file  <1 kB\n! disk  full"
    assert "&lt;1 kB" in report._repr_html_()
    assert list(report.to_pandas()["level"]) == ["ok", "warning"]
    assert report


def test_a_report_of_nothing_is_well() -> None:
    assert HealthReport("x", (), Balance()).level == "ok"
