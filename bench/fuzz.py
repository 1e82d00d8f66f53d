"""Nonsense for the wires: at least 100,000 cases for their decoders and state machines, new ones in every run.

The tests are those of `tests/wire/*fuzz*`, with more examples. DUETTO_FUZZ says how many of each.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from duetto.timeline.clock import Stopwatch

ROOT: Final = Path(__file__).parent.parent
CASES: Final = 100_000
"""At least so many in all."""


def run(folder: Path) -> dict[str, Any]:
    """Raises RuntimeError with what was found when a case fails."""
    files = sorted(str(path) for path in (ROOT / "tests" / "wire").glob("test_*fuzz*.py"))
    tests = sum(len(re.findall(r"^@given\(", Path(file).read_text(), re.MULTILINE)) for file in files)
    each = int(os.environ.get("DUETTO_FUZZ", -(-CASES // tests)))
    watch = Stopwatch()
    command = [sys.executable, "-m", "pytest", "-q", "--no-cov", "-p", "no:cacheprovider", *files]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "DUETTO_FUZZ": str(each)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-4000:])
    return {"state machines and decoders": tests, "cases": tests * each, "took_s": round(watch.wall_ns() / 1e9)}
