from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.inner_universe.metrics import Balance, Ledger
from nerv_lab.inner_universe.metrics.ledger import Outcome

OUTCOMES: list[Outcome] = ["accepted", "rejected", "conflicted", "unknown"]


def test_what_is_under_way_is_pending() -> None:
    ledger = Ledger()
    ledger.publish(3)
    assert ledger.balance() == Balance(published=3, pending=3)
    assert ledger.in_flight == 3


@pytest.mark.parametrize("outcome", ["accepted", "rejected", "conflicted"])
def test_what_is_settled_is_not_pending_any_more(outcome: Outcome) -> None:
    ledger = Ledger()
    ledger.publish(2)
    ledger.settle(2, outcome)
    assert ledger.balance() == Balance(published=2, **{outcome: 2})


def test_an_outcome_nobody_knows_stays_pending() -> None:
    ledger = Ledger()
    ledger.publish(1)
    ledger.settle(1, "unknown")
    assert ledger.balance() == Balance(published=1, pending=1)
    assert (ledger.in_flight, ledger.unknown) == (0, 1)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([*OUTCOMES, None]))))
def test_the_balance_holds_at_every_moment(batches: list[tuple[int, Outcome | None]]) -> None:
    ledger = Ledger()
    for count, outcome in batches:
        ledger.publish(count)
        assert ledger.balance().holds
        if outcome is not None:
            ledger.settle(count, outcome)
        assert ledger.balance().holds
    assert ledger.balance().published == sum(count for count, _ in batches)


@pytest.mark.parametrize(
    "balance", [Balance(published=2, accepted=1), Balance(published=1, accepted=2, pending=-1)]
)
def test_a_balance_that_does_not_add_up_says_so(balance: Balance) -> None:
    assert not balance.holds


def test_a_broken_balance_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    ledger = Ledger()
    ledger.publish(1)
    ledger.settle(1, "accepted")
    for _ in range(2):
        ledger.settle(1, "accepted")
    (record,) = caplog.records
    assert record.getMessage().endswith(
        "broken: 1 published ≠ 2 accepted + -1 pending + 0 rejected + 0 conflicted"
    )
