"""A client of a server that goes on when the server is away: ``nl.open(uri, offline="queue")``.

It is one object, in parts that build on each other. Each is a class on top of the one before it,
and knows only those below:

==================  ==============================================================================
`holding`           what all parts share: the client beneath, the outbox, who is told, the log
`following`         sees whether the server is there, and gives a connection up after some patience
`leaving`           the server went: stand where the Lab stands, and work on a graph in memory
`catching_up`       it is back and all is sent: from the graph in memory to the log it follows
`forking`           others went on meanwhile: a branch of its own for what does not fit
`returning`         the task that sends what waits, whenever there is reason to
`opening`           connect, with or without a server; close; keep where the graph stood
`writing`           batches, events and versions: written down first, then sent or done here
`committing`        changes and the version they lead to, as one write
`universe`          `QueuedUniverse`: how it stands, what needs the server, and reading
==================  ==============================================================================

How a queue is kept on disk, what state each write is in, and the graph in memory are of no server
in particular, and lie in `nerv_lab.inner_universe.outbox`; how writes become calls is in `sending`.

All of it happens on the portal's loop, but for what takes long or calls the Lab, which has threads
of its own. Whether the server is there is one question: is ``_local``, the graph in memory, set?
Who changes it holds ``_writing``.
"""

from nerv_lab.inner_universe.spacetime.queueing.holding import QueueLimits
from nerv_lab.inner_universe.spacetime.queueing.universe import QueuedUniverse

__all__ = ["QueueLimits", "QueuedUniverse"]
