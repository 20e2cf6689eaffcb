"""Handing over what a server has confirmed."""

from __future__ import annotations

from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.contract.delivery import Delivery
from nerv_lab.inner_universe.portal import Portal, portal

__all__ = ["DeliveringUniverse"]


class DeliveringUniverse(InnerUniverseClient):
    """The part of a server's clients that hands over its log, which the portal takes in."""

    _delivery: Delivery

    @property
    def _portal(self) -> Portal:
        return portal()

    def deliver(self) -> None:
        """Deliver what is confirmed, in this thread; in the portal's own, leave it to others."""
        if not self._portal.inside:
            self._delivery.hand_over(())
