from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.widgets.shown.patched import Patched

PATCHES = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.none(), st.integers())), max_size=6
)


@given(st.dictionaries(st.sampled_from("abcd"), st.integers()), PATCHES)
def test_it_is_the_dict_with_its_changes_and_the_one_before_stays(
    base: dict[str, int], patches: list[dict[str, int | None]]
) -> None:
    known, expected = Patched(dict(base)), dict(base)
    for patch in patches:
        before, held = known, dict(expected)
        known = known.patched(patch)
        expected = {k: v for k, v in (expected | patch).items() if v is not None}
        assert dict(known) == expected
        assert sorted(known.values()) == sorted(expected.values())
        assert len(known) == len(expected)
        assert all(key in known for key in expected)
        assert dict(before) == held


def test_many_changes_become_a_dict_of_their_own() -> None:
    known: Patched[int] = Patched({})
    for number in range(2_000):
        known = known.patched({str(number % 1_500): number})
    assert len(known) == 1_500
    assert known["499"] == 1_999
