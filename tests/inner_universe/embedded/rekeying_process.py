"""A process that gives a store file one key after the other, to be killed on the way.

``PATH FIRST SECOND`` says which file, the key it has, and the one to change it with. It prints
``ready`` when it begins, and goes on until it is killed.
"""

from __future__ import annotations

import sys

import nerv_lab as nl

if __name__ == "__main__":
    path, *keys = sys.argv[1:]
    with nl.open(path, key=keys[0]) as lab:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            for key in reversed(keys):
                lab.rekey(key)
