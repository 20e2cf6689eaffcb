"""``python -m nerv_lab.cli``: the ``nerv-lab`` command, whatever the path."""

from __future__ import annotations

import sys

from nerv_lab.cli.main import main

sys.exit(main())
