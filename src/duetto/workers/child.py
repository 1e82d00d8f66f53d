"""The worker process: `python -m duetto.workers.child package.module:make_handler`.

Started by `ProcessWorker`. Reads its settings (JSON, in the first order: they may be longer than an environment takes)
and jobs from standard input, and writes reports to what was standard output, which then points at standard error, so
that a chatty C library cannot break the stream. It ends with its parent, even while a handler hangs or is being built:
the reading thread sees the pipe close.
"""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
from typing import IO

from duetto.workers import frames
from duetto.workers.many import Lanes, ManyHandler
from duetto.workers.worker import Handler, describe


def _read_orders(pipe: IO[bytes], orders: queue.SimpleQueue[frames.Order]) -> None:
    try:
        while (body := frames.read(pipe)) is not None:
            orders.put(frames.decode_order(body))
    finally:
        os._exit(0)


def main() -> None:
    """Never returns: the interpreter cannot shut down properly while the other thread reads standard input."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        _work(out)
    except OSError:
        os._exit(0)  # nobody reads the reports any more
    os._exit(1)


def _work(out: IO[bytes]) -> None:
    """Build the handler and do jobs. Returns when the handler cannot be built; raises OSError when the pipe closes."""
    orders: queue.SimpleQueue[frames.Order] = queue.SimpleQueue()
    threading.Thread(target=_read_orders, args=(sys.stdin.buffer, orders), daemon=True).start()
    module, _, name = sys.argv[1].partition(":")
    try:
        make = getattr(importlib.import_module(module), name)
        made: Handler | ManyHandler = make(orders.get().settings or "{}")
    except BaseException as error:  # a library that calls sys.exit is one that cannot be used
        frames.write(out, frames.Report(0, done=True, error=describe(error)))
        return
    frames.write(out, frames.Report(0, done=True))
    if isinstance(made, ManyHandler):
        _work_for_many(made, orders, out)
    else:
        _work_for_one(made, orders, out)


def _work_for_one(handler: Handler, orders: queue.SimpleQueue[frames.Order], out: IO[bytes]) -> None:
    while True:
        order = orders.get()
        if order.job is None:
            continue
        error_text: str | None = None
        try:
            for arrival in handler.handle(order.job):
                frames.write(out, frames.Report(order.ticket, arrival))
        except BaseException as error:
            error_text = describe(error)
        frames.write(out, frames.Report(order.ticket, done=True, error=error_text))


def _work_for_many(many: ManyHandler, orders: queue.SimpleQueue[frames.Order], out: IO[bytes]) -> None:
    lock = threading.Lock()

    def tell(report: frames.Report) -> None:
        try:
            with lock:
                frames.write(out, report)
        except OSError:
            os._exit(0)  # nobody reads the reports any more

    lanes = Lanes(many, tell, "many")
    while True:
        lanes.put(orders.get())


if __name__ == "__main__":
    main()
