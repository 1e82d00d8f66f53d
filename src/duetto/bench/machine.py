"""The machine that a figure was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> str:
    """This machine in a few words."""
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), model)
    except OSError:
        pass
    return f"{os.cpu_count()} × {model}, Python {platform.python_version()}, {platform.system()}"
