"""The worker process: `python -m duetto.workers.child package.module:make_handler`, settings in the environment.

Started by `ProcessWorker`. Reads jobs from standard input and writes reports to what was standard output, which
then points at standard error, so that a chatty C library cannot break the stream. It ends with its parent, even
while a handler hangs: the reading thread sees the pipe close.
"""

from __future__ import annotations

import importlib
import os
import queue
import signal
import sys
import threading
from typing import IO

from duetto.workers import frames
from duetto.workers.worker import Handler, describe

SETTINGS_VARIABLE = "DUETTO_WORKER_SETTINGS"


def _read_orders(pipe: IO[bytes], orders: queue.SimpleQueue[frames.Order]) -> None:
    while (body := frames.read(pipe)) is not None:
        orders.put(frames.decode_order(body))
    os._exit(0)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the session's to handle: it closes our pipe
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    module, _, name = sys.argv[1].partition(":")
    try:
        handler: Handler = getattr(importlib.import_module(module), name)(os.environ.get(SETTINGS_VARIABLE, "{}"))
    except Exception as error:
        frames.write(out, frames.Report(0, done=True, error=describe(error)))
        return
    orders: queue.SimpleQueue[frames.Order] = queue.SimpleQueue()
    threading.Thread(target=_read_orders, args=(sys.stdin.buffer, orders), daemon=True).start()
    frames.write(out, frames.Report(0, done=True))
    while True:
        order = orders.get()
        error_text: str | None = None
        try:
            for arrival in handler.handle(order.job):
                frames.write(out, frames.Report(order.ticket, arrival))
        except Exception as error:
            error_text = describe(error)
        frames.write(out, frames.Report(order.ticket, done=True, error=error_text))


if __name__ == "__main__":
    main()
