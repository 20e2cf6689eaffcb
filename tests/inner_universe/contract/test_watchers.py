"""Who is told of a change is told of each, until they have had enough."""

from __future__ import annotations

from nerv_lab.inner_universe.contract.watchers import Watchers


def test_all_are_told() -> None:
    watchers, heard = Watchers[[]](), list[str]()
    watchers.add(lambda: heard.append("one"))
    watchers.add(lambda: heard.append("two"))
    watchers.tell()
    assert heard == ["one", "two"]


def test_who_was_added_twice_and_taken_back_once_is_told_once() -> None:
    watchers, heard = Watchers[[]](), list[int]()

    def changed() -> None:
        heard.append(1)

    watchers.add(changed)
    forget = watchers.add(changed)
    forget()
    forget()
    watchers.tell()
    assert heard == [1]


def test_who_takes_itself_back_while_it_is_told_does_not_keep_others_from_hearing() -> None:
    watchers, heard = Watchers[[]](), list[str]()

    def once() -> None:
        heard.append("once")
        forget()

    forget = watchers.add(once)
    watchers.add(lambda: heard.append("always"))
    watchers.tell()
    watchers.tell()
    assert heard == ["once", "always", "always"]


def test_what_is_told_is_handed_on() -> None:
    watchers, heard = Watchers[str](), list[str]()
    watchers.add(heard.append)
    watchers.tell("news")
    assert heard == ["news"]
    assert len(watchers) == 1
