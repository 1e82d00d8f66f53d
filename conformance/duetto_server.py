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


class Server:
    """`duetto serve` with these options. Raises RuntimeError where it does not come up.

    http, https: ports. options: besides those of ports, state and drain. http 0: any.
    """

    def __init__(self, folder: Path, options: Sequence[str] = (), http: int = 0) -> None:
        state, self._errors = folder / "state", (folder / "server.log").open("a")
        command = [str(Path(sys.executable).parent / "duetto"), "serve", "--drain", "1", "--state", str(state)]
        command += ["--port", str(http), "--https-port", "0", *options]
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._errors, text=True, env=environ)
        timer = threading.Timer(STARTS_S, self._process.kill)
        timer.start()
        assert self._process.stdout is not None
        found = _WHERE.search(self._process.stdout.readline())
        timer.cancel()
        if found is None:
            self.stop()
            raise RuntimeError(f"the server did not start: {(folder / 'server.log').read_text()[-2000:]}")
        self.http, self.https = int(found[1]), int(found[2])
        threading.Thread(target=self._process.stdout.read, daemon=True).start()  # the rest of the greeting

    def stop(self) -> None:
        """As an operator would; by force where that does not help."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


@contextmanager
def serving(folder: Path, origins: Sequence[str] = ()) -> Iterator[Served]:
    """Within: the server is up, with the talk's language model. Raises RuntimeError where it does not come up."""
    log = folder / "server.log"
    log.write_text("")
    options = ["--recogniser", "hearing:make_recogniser"]
    options += [part for origin in origins for part in ("--origins", origin)]
    with ScriptedModel(Talk()) as model:
        server = Server(folder, [*options, "--llm", model.url, "--model", model.model])
        try:
            yield Served(server.http, server.https, folder / "state" / "tls" / "ca.pem", log)
        finally:
            server.stop()
