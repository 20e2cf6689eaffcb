"""A process that prunes a store file in small steps, to be killed on the way.

``PATH KEEP`` says which file, and how many of the newest versions to keep. It prints ``ready``
when it begins, and goes on until it is killed.
"""

from __future__ import annotations

import sys

import nerv_lab as nl

if __name__ == "__main__":
    with nl.open(sys.argv[1]) as lab:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            # Each call stops after one step.
            lab.retain({"keep_last": int(sys.argv[2])}, budget=0.0)
