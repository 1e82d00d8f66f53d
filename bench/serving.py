"""`duetto serve` in a process of its own, for as long as something is measured."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from duetto.timeline.clock import Deadline

UP_WITHIN_S: Final = 90.0
"""Seconds in which the server must be up; its models are loaded first."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that is up. ws: its address for WebSockets. pid: of its first process."""

    ws: str
    pid: int

    @property
    def http(self) -> str:
        return f"http{self.ws[2:]}"

    def children(self) -> list[int]:
        """Processes that the first one has started and that serve, by Python's own words for them."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rpartition(")")[2].split()[1])
                words = (path.parent / "cmdline").read_bytes()
            except (OSError, ValueError):
                continue
            if parent == self.pid and b"spawn_main" in words:
                found.append(int(path.parent.name))
        return sorted(found)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Serving]:
    """Start it on any free port, with these further options; end it. What goes wrong in it is in `serve.log`.

    Raises RuntimeError when it is not up in time.
    """
    log = folder / "serve.log"
    command = [str(Path(sys.executable).with_name("duetto")), "serve", "--port", "0", "--no-https", "--no-page"]
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [*command, "--state", str(folder / "state"), *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "NO_COLOR": "1"},
        )
    killer = threading.Timer(UP_WITHIN_S, process.kill)
    killer.start()
    try:
        assert process.stdout is not None
        found = None
        while found is None and (line := process.stdout.readline()):
            found = re.search(r"listens at (http://[^\s]+)", line.decode())
        killer.cancel()
        if found is None:
            raise RuntimeError(f"the server did not begin: {log.read_text()[-500:]}")
        port = found[1].rpartition(":")[2]
        yield Serving(f"ws://127.0.0.1:{port}", process.pid)
        if process.poll() is not None:
            raise RuntimeError(f"the server ended by itself ({process.returncode}): {log.read_text()[-2000:]}")
    finally:
        killer.cancel()
        process.send_signal(signal.SIGTERM)
        deadline = Deadline(5)
        try:
            process.wait(max(0.1, deadline.left()))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)  # the second one hurries
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        if process.stdout is not None:
            process.stdout.close()
