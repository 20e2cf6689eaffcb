"""Checking a store against itself, against memory, and against another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.signatures import SignedHead
from nerv_lab.inner_universe.checking.comparing import Contents, differences, read_contents
from nerv_lab.inner_universe.contract.client import Problem
from nerv_lab.inner_universe.keys.signing import SigningKey, checked_public_keys
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.past.results import VerifyReport
from nerv_lab.lab.security.encrypting import Vault
from nerv_lab.lab.security.signing import Notary

__all__ = ["Verifier"]


class Verifier(Notary):
    """Finds what was changed in a store behind the back of its Labs."""

    _follower: Follower
    _vault: Vault

    def verify(
        self,
        against: Self | None = None,
        *,
        trusted: Iterable[str | SigningKey] | None = None,
        known: Iterable[SignedHead | str] = (),
    ) -> VerifyReport:
        """Recompute every hash, digest and row of the store, and compare memory with it.

        Parameters
        ----------
        against : Lab, optional
            A Lab on another store that is to hold the same history, such as a copy on a server:
            also compare event by event, version by version and row by row. Only so are tags, the
            data of your own events, and who wrote an event and why, checked too. Nobody should be
            writing to either meanwhile.
        trusted : iterable of str or SigningKey, optional
            Public keys: also check what was signed, and that every version is signed by one of
            them since the first signature.
        known : iterable of SignedHead or str
            Signed heads that you kept elsewhere; what they say has to be there still.

        Returns
        -------
        VerifyReport
            What is wrong, and where.
        """
        self.refresh()
        problems = self._run(self._client.verify())
        stored = self._run(self._client.snapshot(self._follower.branch))
        position = self._follower.position()
        if stored.seq == position.seq and GraphState.build(stored.items) != position.state:
            problems.append(Problem("memory", "the state in memory is not that of the store"))
        if self._vault.keys is not None:
            problems.extend(self._vault.problems(position.branch, position.state))
        if against is not None:
            here, there = self._contents(), against._contents()
            problems.extend(differences(here, there, against._client.uri))
        keys = None if trusted is None else checked_public_keys(trusted)
        if keys is not None:
            problems.extend(self._signature_problems(keys, known))
        return VerifyReport(
            tuple(problems),
            len(self._history),
            self._follower.seq,
            None if keys is None else len(keys),
        )

    def _contents(self) -> Contents:
        return self._run(read_contents(self._client))
