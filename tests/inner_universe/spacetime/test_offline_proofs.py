"""Nothing lost and nothing twice: on bad networks, with servers that die and go back in time."""

from __future__ import annotations

import random
import shutil
import threading
import time
from pathlib import Path

from shared.breaking_proxy import breaking_proxy
from shared.effort import EFFORT
from shared.spacetime_server import SpacetimeServer

from nerv_lab.inner_universe.outbox import Fork
from nerv_lab.inner_universe.spacetime import Limits, SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.queueing import QueuedUniverse, QueueLimits
from nerv_lab.inner_universe.spacetime.tokens import TokenFile
from nerv_lab.lab import Lab

PATIENCE = 300.0
QUICK = Limits(request=120.0, connect=20.0, first_retry=0.005, last_retry=0.05)
SCHEDULES = 40 * EFFORT
EVENTS = 50 * SCHEDULES
KILLS = 20 * EFFORT


def open_lab(uri: str, folder: Path, name: str = "tokens") -> Lab:
    """Return a Lab that queues, and that tries to come back without long pauses."""
    tokens = TokenFile(folder / f"{name}.json")
    remote = SpacetimeInnerUniverse(uri, tokens=tokens, limits=QUICK)
    return Lab(QueuedUniverse(remote, QueueLimits(folder / "outboxes", patience=0.05)))


def check(lab: Lab, uri: str, folder: Path) -> None:
    """See that the Lab, its server and a client that never was here hold the same."""
    assert lab.outbox.wait(PATIENCE), lab.outbox
    assert len(lab.outbox) == 0
    ids = [event.id for event in lab.events]
    assert len(ids) == len(set(ids))
    assert lab.verify().ok
    health = lab.health()
    assert health.ok, health
    assert health.balance.holds
    assert health.balance.pending == 0
    with Lab(SpacetimeInnerUniverse(uri, tokens=TokenFile(folder / "other.json"))) as other:
        assert other.state.data_hash == lab.state.data_hash
        assert lab.verify(against=other).ok


def work(lab: Lab, chance: random.Random, number: int, count: int) -> None:
    """Make so many events: entities, changes of them, and a version at the end.

    Now and then a branch is made and goes again; every version has a tag.
    """
    made: list[str] = []
    aside = number % 50 == 10
    for step in range(count - (3 if aside else 1)):
        if made and chance.random() < 0.3:
            lab.update(chance.choice(made), properties={"v": chance.random()})
        else:
            made.append(lab.add_entity("thing", id=f"{number}.{step}").id)
    version = lab.commit(f"schedule {number}")
    for tag in ("newest", f"schedule-{number}"):
        lab.tag(tag, version)
    if aside:
        lab.create_branch(f"aside-{number}", version)
        lab.delete_branch(f"aside-{number}")


def test_networks_that_break_in_many_ways_lose_nothing_of_what_was_queued(
    server: SpacetimeServer, database: str, tmp_path: Path
) -> None:
    told: list[str] = []
    with breaking_proxy(server.port) as proxy:
        uri = database.replace(f":{server.port}/", f":{proxy.port}/")
        with open_lab(uri, tmp_path) as lab:
            lab.bus.subscribe("*", lambda message: told.append(message.id))
            for seed in range(SCHEDULES):
                proxy.plan(seed, mild=5)
                half = EVENTS // SCHEDULES // 2
                with lab.transaction(f"start {seed}"):
                    for step in range(half):
                        lab.add_entity("thing", id=f"{seed}.{step}.together")
                work(lab, random.Random(seed), seed, half)
                if seed % 20 == 0:
                    assert lab.outbox.wait(PATIENCE), lab.outbox
            proxy.heal()
            check(lab, database, tmp_path)
            ids = [event.id for event in lab.events]
            assert len(ids) == EVENTS
            assert sorted(told) == sorted(ids)
            assert len(lab.versions) == SCHEDULES
            marks = {v.description.replace(" ", "-"): v.id for v in lab.versions}
            assert lab.tags == {**marks, "newest": lab.versions[-1].id}
            assert list(lab.branches) == ["main"]
            assert proxy.cuts >= SCHEDULES // 8  # else hardly anything was tried


def test_10_000_changes_made_offline_are_sent_in_one_go(
    server: SpacetimeServer, database: str, tmp_path: Path
) -> None:
    with breaking_proxy(server.port) as proxy:
        uri = database.replace(f":{server.port}/", f":{proxy.port}/")
        with open_lab(uri, tmp_path) as lab:
            lab.add_entity("thing", id="first")
            proxy.shut()
            for number in range(500):
                lab.add_entity("thing", id=f"one-{number}")
            with lab.transaction("many at once", commit="half"):
                for number in range(9_000):
                    lab.add_entity("thing", id=f"many-{number}")
            for number in range(500):
                lab.update(f"many-{number}", properties={"n": number})
            last = lab.commit("all")
            assert len(lab.outbox) == 1_002
            proxy.open()
            check(lab, database, tmp_path)
            assert lab.head is not None
            assert (lab.head.id, lab.head.data_hash) == (last.id, last.data_hash)
            assert lab.seq == 1 + 10_000 + 2


def test_a_server_killed_20_times_and_put_back_in_time_has_everything_in_the_end(
    mortal_server: SpacetimeServer, lasting_database: str, tmp_path: Path
) -> None:
    server, data = mortal_server, mortal_server.folder / "data"
    copy = tmp_path / "copy"
    chance = random.Random(1)
    stop, made = threading.Event(), list[str]()
    with open_lab(lasting_database, tmp_path) as lab:

        def write() -> None:
            while not stop.wait(0.004):  # a person is slower, and a loop would starve the server
                made.append(lab.add_entity("thing", id=f"thing-{len(made)}").id)
                if len(made) % 25 == 0:
                    version = lab.commit(f"at {len(made)}")
                    lab.tag(version.description.replace(" ", "-"), version)
                    lab.tag("newest", version)
                if len(made) % 100 == 0:
                    lab.create_branch(f"aside-{len(made)}", version)
                    if len(made) > 200:
                        lab.delete_branch(f"aside-{len(made) - 200}")

        writing = threading.Thread(target=write)
        writing.start()
        try:
            for number in range(KILLS):
                assert _until(made, len(made) + 10)
                server.kill()
                if number % 5 == 2:
                    shutil.rmtree(copy, ignore_errors=True)
                    shutil.copytree(data, copy)
                elif number % 5 == 4:
                    shutil.rmtree(data)
                    shutil.copytree(copy, data)
                server.start()
                if chance.random() < 0.5:
                    assert lab.outbox.wait(PATIENCE), lab.outbox
        finally:
            stop.set()
            writing.join()
        check(lab, lasting_database, tmp_path)
        assert sorted(lab.entities) == sorted(made)
        assert len(lab.versions) == len(made) // 25
        marks = {v.description.replace(" ", "-"): v.id for v in lab.versions}
        assert lab.tags == {**marks, "newest": lab.versions[-1].id}
        last = len(made) // 100 * 100
        aside = {f"aside-{n}": marks[f"at-{n}"] for n in (last - 100, last) if n > 0}
        heads = {name: version and version.id for name, version in lab.branches.items()}
        assert heads == {"main": lab.versions[-1].id, **aside}


def _until(made: list[str], count: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while len(made) < count:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)  # another thread counts
    return True


def test_two_sides_that_both_went_on_lose_nothing_whatever_they_did(
    server: SpacetimeServer, database: str, tmp_path: Path
) -> None:
    with (
        breaking_proxy(server.port) as proxy,
        Lab(SpacetimeInnerUniverse(database, tokens=TokenFile(tmp_path / "o.json"))) as other,
    ):
        uri = database.replace(f":{server.port}/", f":{proxy.port}/")
        with open_lab(uri, tmp_path) as lab:
            for number in range(10):
                lab.add_entity("thing", id=f"shared-{number}", properties={"a": 0, "b": 0})
            lab.commit("start")
            for seed in range(6 * EFFORT):
                proxy.shut()
                other.refresh()
                wanted = [
                    side_work(side, random.Random(f"{seed}{name}"), f"{name}{seed}")
                    for side, name in ((lab, "l"), (other, "o"))
                ]
                proxy.open()
                assert lab.outbox.wait(PATIENCE), lab.outbox
                lab.refresh()
                for fork in lab.outbox.conflicts:
                    assert isinstance(fork, Fork)
                    lab.preview(fork.name).resolve("theirs").commit()
                    lab.outbox.drop(fork.name)
                for made in wanted:
                    assert made <= set(lab.entities)
                other.refresh()
            check(lab, database, tmp_path)


def side_work(lab: Lab, chance: random.Random, name: str) -> set[str]:
    """Change some of what is shared, add something, and make versions maybe."""
    made: set[str] = set()
    for step in range(chance.randrange(1, 8)):
        match chance.randrange(4):
            case 0:
                made.add(lab.add_entity("thing", id=f"{name}-{step}").id)
            case 1:
                lab.commit(f"{name}-{step}")
            case _:
                place = chance.choice("ab")
                target = f"shared-{chance.randrange(10)}"
                lab.update(target, properties={place: f"{name}-{step}"})
    return made
