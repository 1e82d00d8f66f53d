"""Run every measurement, print a table, and write `bench-out/bench.json`."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import (
    bad_network,
    cancelling,
    fuzz,
    hour,
    kill_worker,
    orders_cost,
    overlap,
    phrasings,
    real_model,
    real_speech,
    spoken_orders,
    spotting,
    tick,
    understanding,
    wire_latency,
)
from duetto.bench.machine import machine

PARTS = {
    "tick": tick.run,
    "overlap": overlap.run,
    "understanding": understanding.run,
    "real": real_speech.run,
    "hour": hour.run,
    "orders_cost": orders_cost.run,
    "spotting": spotting.run,
    "spoken_orders": spoken_orders.run,
    "phrasings": phrasings.run,
}
ASKED = {
    "wire_latency": wire_latency.run,
    "bad_network": bad_network.run,
    "kill_worker": kill_worker.run,
    "cancelling": cancelling.run,
    "fuzz": fuzz.run,
    "real_model": real_model.run,
}
"""Parts that take minutes, or packages of their own: only where they are asked for."""


def show(console: Console, name: str, found: dict[str, Any]) -> None:
    parts = {key: value for key, value in found.items() if _nested(value)}
    table = Table(title=name, title_justify="left", show_header=False)
    for key, value in found.items():
        if key != "wrong" and key not in parts:
            text = "  ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
            table.add_row(key.replace("_", " "), text)
    if table.row_count:
        console.print(table)
    for key, value in parts.items():
        show(console, f"{name}, {key.replace('_', ' ')}", value)
    for row in found.get("wrong", ()):
        console.print(f"  [dim]{row['voice']}:[/] {row['request']} [dim]heard as[/] {row['heard'] or 'nothing'}")


def _nested(value: object) -> bool:
    """A part of what was found that has parts of its own: it is shown as a table of its own."""
    return isinstance(value, dict) and any(isinstance(part, dict) for part in value.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", help=f"which of {', '.join((*PARTS, *ASKED))}; by default the first {len(PARTS)}"
    )
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - {*PARTS, *ASKED}
    if unknown:
        parser.error(f"parts: {', '.join(sorted(unknown))}: there are {', '.join((*PARTS, *ASKED))}")
    console = Console()
    console.print(machine())
    found: dict[str, Any] = {"machine": machine()}
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.parts or PARTS:
            with console.status(f"measuring: {name}"):
                found[name] = {**PARTS, **ASKED}[name](Path(folder))
            show(console, name, found[name])
    path = arguments.out / "bench.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    console.print(f"written to {path}")


if __name__ == "__main__":
    main()
