from __future__ import annotations

from nerv_lab.inner_universe.contract.tag_watch import TagWatch


class Store:
    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.reads = 0

    def read(self) -> dict[str, str]:
        self.reads += 1
        return dict(self.tags)


def test_nothing_is_read_while_nobody_watches() -> None:
    store = Store()
    watch = TagWatch(store.read)
    watch.look()
    watch.add(lambda tags: None)()
    watch.look()
    assert store.reads == 1


def test_tags_that_are_what_they_were_are_not_told_again() -> None:
    store, told = Store(), list[dict[str, str]]()
    watch = TagWatch(store.read)
    watch.add(lambda tags: told.append(dict(tags)))
    watch.look()
    store.tags["release"] = "one"
    watch.look()
    watch.look()
    assert told == [{"release": "one"}]


def test_a_tag_that_is_set_by_who_is_told_is_told_next() -> None:
    store, told = Store(), list[dict[str, str]]()
    watch = TagWatch(store.read)

    def add_another(tags: object) -> None:
        told.append(dict(store.tags))
        if len(store.tags) < 3:
            store.tags[f"more {len(store.tags)}"] = "one"
            watch.look()

    watch.add(add_another)
    store.tags["release"] = "one"
    watch.look()
    assert [len(tags) for tags in told] == [1, 2, 3]
