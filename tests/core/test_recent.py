from __future__ import annotations

from nerv_lab.core.recent import Recent


def test_the_entry_used_longest_ago_goes_first() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert ("a" in recent, "b" in recent, "c" in recent) == (True, False, True)


def test_a_missing_entry_is_none() -> None:
    assert Recent[str, int](2).get("a") is None


def test_putting_again_replaces_and_does_not_grow() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("a", 2)
    assert (recent["a"], len(recent)) == (2, 1)
