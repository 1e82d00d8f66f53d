"""A real `duetto serve` in a process of its own, with a scripted language model behind it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from talk import Talk

from duetto.testing.model import ScriptedModel

STARTS_S = 60.0
"""Seconds that the server may take to start."""
_WHERE = re.compile(r"duetto listens at http://[^:]+:(\d+) and https://[^:]+:(\d+)")


@dataclass(frozen=True)
class Served:
    """Ports, the authority that clients are to trust, and where the server's own log is."""

    http: int
    https: int
    authority: Path
    log: Path


@contextmanager
def serving(folder: Path, origins: Sequence[str] = ()) -> Iterator[Served]:
    """Within: the server is up. Raises RuntimeError where it does not come up."""
    state, log = folder / "state", folder / "server.log"
    command = [
        str(Path(sys.executable).parent / "duetto"),
        "serve",
        "--port",
        "0",
        "--https-port",
        "0",
        "--state",
        str(state),
    ]
    command += ["--recogniser", "hearing:make_recogniser"]
    command = [*command, "--drain", "1", *(part for origin in origins for part in ("--origins", origin))]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with ScriptedModel(Talk()) as model, log.open("w") as errors:
        command += ["--llm", model.url, "--model", model.model]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environ)
        timer = threading.Timer(STARTS_S, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            found = _WHERE.search(process.stdout.readline())
            timer.cancel()
            if found is None:
                raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
            drain = threading.Thread(target=process.stdout.read, daemon=True)  # the rest of the greeting
            drain.start()
            yield Served(int(found[1]), int(found[2]), state / "tls" / "ca.pem", log)
        finally:
            timer.cancel()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
