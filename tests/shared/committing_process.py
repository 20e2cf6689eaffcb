"""A process that takes part in a race; started by the tests: ``URI TOKENS NAME WINS``.

It prints ``ready``, begins when told so on its input, prints ``done`` when it has won its part;
when told again, which is when all are done, it prints its record as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from shared.committers import Committer

from nerv_lab.inner_universe import EmbeddedInnerUniverse, InnerUniverseClient
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.tokens import TokenFile


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def client_of(uri: str, tokens: str) -> InnerUniverseClient:
    if "://" in uri:
        return SpacetimeInnerUniverse(uri, tokens=TokenFile(Path(tokens)))
    return EmbeddedInnerUniverse(uri)


def main(uri: str, tokens: str, name: str, wins: str) -> None:
    committer = Committer(client_of(uri, tokens), name)
    say("ready")
    sys.stdin.readline()
    committer.win(int(wins))
    say("done")
    sys.stdin.readline()
    committer.read_everything()
    committer.close()
    say(json.dumps(committer.record()))


if __name__ == "__main__":
    main(*sys.argv[1:])
