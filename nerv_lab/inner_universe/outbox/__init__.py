"""What was written while a server was away, or is not surely on its disk yet."""

from nerv_lab.inner_universe.outbox.facade import Fork, Queued, Queues
from nerv_lab.inner_universe.outbox.standing import Standing
from nerv_lab.inner_universe.outbox.states import QueuedWriteNotFoundError, State

__all__ = ["Fork", "Queued", "QueuedWriteNotFoundError", "Queues", "Standing", "State"]
