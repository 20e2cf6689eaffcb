"""Feed the reader of server frames with whatever atheris makes up.

Run ``pip install atheris`` and ``python scripts/fuzz_frames.py -max_total_time=60``; other options
are those of libFuzzer. Anything but a `ProtocolError` is a finding: atheris then leaves the frame
in a file and ends, and so does a frame that takes longer than ``-timeout`` seconds. The tests feed
the same reader with what Hypothesis makes up, without the feedback from coverage.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

with atheris.instrument_imports(include=["nerv_lab.inner_universe.spacetime"]):
    from shared.frames import FRAMES, take_in

    from nerv_lab.core.errors import ProtocolError


def take_in_or_refuse(frame: bytes) -> None:
    """Read a frame; let only a `ProtocolError` pass."""
    with contextlib.suppress(ProtocolError):
        take_in(frame)


def main() -> None:
    """Fuzz, beginning with one frame of every kind."""
    with tempfile.TemporaryDirectory(prefix="nerv-frames-") as corpus:
        for number, frame in enumerate(FRAMES):
            (Path(corpus) / str(number)).write_bytes(frame)
        atheris.Setup([sys.argv[0], "-timeout=5", *sys.argv[1:], corpus], take_in_or_refuse)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
