"""`duetto version`."""

from __future__ import annotations

import sys


def run() -> None:
    """Print the version."""
    from importlib.metadata import version

    sys.stdout.write(f"{version('duetto')}\n")
