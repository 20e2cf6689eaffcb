"""Versions: exact times, records, and a digest that covers everything."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.history.versions import Version, from_micros, to_micros, version_digest
from nerv_lab.core.values import decode, encode, freeze

VERSION = Version(
    id="v",
    parents=("p", "q"),
    branch="main",
    event_seq=7,
    timestamp=dt.datetime(2026, 1, 2, 3, 4, 5, 678901, dt.UTC),
    description="first facts",
    author="ada",
    data_hash="00ff",
    digest="ff00",
)


@given(st.datetimes(timezones=st.just(dt.UTC) | st.just(dt.timezone(dt.timedelta(hours=5.5)))))
def test_a_time_survives_microseconds_exactly(moment: dt.datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="time zone"):
        to_micros(dt.datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize("version", [VERSION, Version("v", ())])
def test_a_version_survives_its_record_and_the_bytes_of_it(version: Version) -> None:
    assert Version.from_record(version.record()) == version
    assert Version.from_record(decode(encode(freeze(version.record())))) == version


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("id", "w"),
        ("parents", ("p",)),
        ("parents", ("q", "p")),
        ("parents", ("pq",)),
        ("branch", "side"),
        ("event_seq", 8),
        ("timestamp", dt.datetime(2026, 1, 2, 3, 4, 5, 678902, dt.UTC)),
        ("description", "first fact"),
        ("author", None),
        ("author", "None"),
        ("data_hash", "00fe"),
        ("algorithm", "sha256-json"),
    ],
)
def test_the_digest_changes_with_every_field(field: str, other: Any) -> None:
    changed = dataclasses.replace(VERSION, **{field: other})
    assert version_digest(changed, b"delta") != version_digest(VERSION, b"delta")


def test_the_digest_changes_with_the_delta_and_not_with_itself() -> None:
    assert version_digest(VERSION, b"delta") != version_digest(VERSION, b"")
    unsigned = dataclasses.replace(VERSION, digest="")
    assert version_digest(unsigned, b"delta") == version_digest(VERSION, b"delta")


def test_text_cannot_move_from_one_field_to_the_next() -> None:
    one = dataclasses.replace(VERSION, branch="ab", description="c")
    other = dataclasses.replace(VERSION, branch="a", description="bc")
    assert version_digest(one, b"") != version_digest(other, b"")


def test_the_digest_of_a_version_never_changes() -> None:
    assert version_digest(VERSION, b"[]") == (
        "1383870bd5da4f7ecea47029c25d9650cea011a0a109847cb91a8688b1829c00"
    )


@pytest.mark.parametrize(
    "record",
    [
        None,
        "text",
        {},
        {**VERSION.record(), "unknown": 1},
        {**VERSION.record(), "parents": 5},
        {**VERSION.record(), "timestamp": "now"},
        {**VERSION.record(), "timestamp": 10**30},
    ],
)
def test_what_is_no_record_of_a_version_is_refused(record: Any) -> None:
    with pytest.raises(ValidationError, match="not the record of a version"):
        Version.from_record(record)


def test_the_first_parent_is_the_parent() -> None:
    assert VERSION.parent == "p"
    assert Version("v", ()).parent is None
