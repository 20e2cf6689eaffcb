from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.values import hashing
from nerv_lab.core.values.hashing import SetHash

elements = st.tuples(st.text(max_size=6), st.binary(max_size=12))


def of(items: list[tuple[str, bytes]]) -> SetHash:
    return SetHash().replace([], items)


def test_the_hash_of_nothing_is_fixed() -> None:
    known = "b312bd903437ed692baf8a162b348d96cd7a21e5fa1aadaf7907f458993af4be"
    assert SetHash().hexdigest() == known
    assert SetHash().hexdigest() == SetHash().replace([], []).hexdigest()


@given(st.lists(elements, max_size=8), st.randoms())
def test_the_order_of_adding_does_not_matter(
    items: list[tuple[str, bytes]], random: object
) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one_by_one = SetHash()
    for item in shuffled:
        one_by_one = one_by_one.replace([], [item])
    assert one_by_one.hexdigest() == of(items).hexdigest()


@given(st.lists(elements, max_size=8), st.lists(elements, max_size=8))
def test_removing_what_was_added_leads_back(
    items: list[tuple[str, bytes]], others: list[tuple[str, bytes]]
) -> None:
    assert of(items).replace([], others).replace(others, []).hexdigest() == of(items).hexdigest()


def test_key_and_content_are_told_apart() -> None:
    assert of([("ab", b"c")]).hexdigest() != of([("a", b"bc")]).hexdigest()


def test_a_changed_content_changes_the_hash() -> None:
    assert of([("a", b"1")]).hexdigest() != of([("a", b"2")]).hexdigest()


def test_a_long_chain_that_nobody_asked_for_is_folded() -> None:
    node = SetHash()
    for i in range(1_000):
        node = node.replace([], [(str(i), b"")])
    depth = 0
    link: SetHash | None = node
    while link is not None:
        link, depth = link._base, depth + 1
    assert depth <= 256
    assert node.hexdigest() == of([(str(i), b"") for i in range(1_000)]).hexdigest()


def test_reading_far_from_a_large_set_does_not_hash_it(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [(str(i), b"") for i in range(5_000)]
    expanded: list[str] = []
    expand = hashing._expand

    def counting(key: str, content: bytes) -> bytes:
        expanded.append(key)
        return expand(key, content)

    monkeypatch.setattr(hashing, "_expand", counting)
    opened = of(many)
    near = opened
    for i in range(300):
        near = near.replace([(str(i), b"")], [(str(i), b"new")])
    assert 0 < len(expanded) <= 600
    far = near
    for i in range(300, 600):
        far = far.replace([(str(i), b"")], [(str(i), b"new")])
    assert len(expanded) <= 1_200
    for node, changed in ((far, 600), (opened, 0), (near, 300)):
        new = [(str(i), b"new") for i in range(changed)]
        assert node.hexdigest() == of([*new, *many[changed:]]).hexdigest()


def test_threads_that_ask_at_once_agree() -> None:
    expected = of([(str(i), b"") for i in range(200)]).hexdigest()
    for _ in range(20):
        node = SetHash()
        for i in range(200):
            node = node.replace([], [(str(i), b"")])
        found: list[str] = []
        threads = [
            threading.Thread(target=lambda n=node, f=found: f.append(n.hexdigest()))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [expected] * 4
