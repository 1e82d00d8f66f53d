"""How many live sessions one core keeps up with: duetto beside Pipecat and LiveKit Agents, in one run.

All get the same clips in the same way: N sessions in one process that is kept on one core, each fed its clip in frames
of 20 ms in real time, in process; recogniser, brain and voice are fakes at 0 ms, Silero is on. Feeding costs the core
of each system the same. A number of sessions counts when the event loop wakes a task that sleeps for 20 ms less than
20 ms late in 99 of 100 cases (and duetto's ticks begin less late than that), the core is not full, and the sessions
really work: they answer their users' turns, and fall silent when a user speaks over them. The peers run as light as
they can be (`bench/peers`), and with `--as-shipped` also with the turn-end models that they use by default.

python -m bench.sessions_per_core [duetto livekit pipecat] [--peers-venv FOLDER] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.clips import make_clips
from duetto.bench.machine import machine

LATE_MS: Final = 20.0
"""p99 of the lateness below which a core keeps up."""
FULL: Final = 0.95
"""Share of the core from which on it is full."""
PER_STEP_S: Final = 120.0
"""Seconds after which a step that does not end is given up, beside what it measures."""
ROOT: Final = Path(__file__).parent.parent
SLOW: Final = (5, 10, 20, 30, 40, 60, 80)
FAST: Final = (1, 20, 60, 80, 100, 120, 150, 200, 250, 300)
"""Numbers of sessions that are tried, for those that are slow and those that are fast."""
UNSURE: Final = 0.4
"""Share of the turns that must be answered where a model judges their ends: of synthetic voices it is often unsure, and
waits for seconds."""


@dataclass(frozen=True)
class System:
    """name, module: of `bench.peers`. packages: what its environment needs, "" for duetto's own. options: of its own.
    steps: numbers of sessions to begin with; between the last that counts and the first that does not, one more.
    answered: share of the turns that must be answered in time for a number of sessions to count.
    """

    name: str
    module: str
    packages: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    steps: tuple[int, ...] = SLOW
    answered: float = 0.95

    @property
    def folder(self) -> str:
        return self.module.removesuffix("_session")


LIVEKIT: Final = ("livekit-agents==1.8.9", "livekit-plugins-silero==1.8.9", "numpy")
PIPECAT: Final = ("pipecat-ai==1.14.0", "numpy")
SYSTEMS: Final = {
    "duetto": (
        System("duetto", "duetto_session", steps=FAST),
        System("duetto, delta 80 ms", "duetto_session", options=("--delta", "80"), steps=FAST),
    ),
    "livekit": (System("LiveKit Agents 1.8.9", "livekit_session", LIVEKIT),),
    "pipecat": (System("Pipecat 1.14.0", "pipecat_session", PIPECAT),),
}
AS_SHIPPED: Final = {
    "livekit": System("LiveKit Agents 1.8.9, as shipped", "livekit_session", LIVEKIT, ("--smart",), answered=UNSURE),
    "pipecat": System("Pipecat 1.14.0, as shipped", "pipecat_session", PIPECAT, ("--smart",), answered=UNSURE),
}


class Bench:
    """One run. core: where the systems run; this process keeps off it where there is another."""

    def __init__(self, console: Console, clips: Path, venvs: Path, seconds: float) -> None:
        self._console = console
        self._clips = clips
        self._venvs = venvs
        self._seconds = seconds
        cores = sorted(os.sched_getaffinity(0))
        self.core = cores[-1]
        os.sched_setaffinity(0, set(cores[:-1]) or set(cores))

    def python(self, system: System) -> Path:
        """The interpreter that it runs on; its environment is made when it is not there."""
        if not system.packages:
            return Path(sys.executable)
        folder = self._venvs / system.folder
        python = folder / "bin" / "python"
        done = folder / ".installed"
        if python.exists() and (done.exists() or self._imports(python, system)):
            return python
        self._console.print(f"installing {', '.join(system.packages)} into {folder}")
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *system.packages], check=True)
        done.touch()
        return python

    def _imports(self, python: Path, system: System) -> bool:
        """An environment that somebody else made: it will do if the module starts."""
        found = self._run(python, system, "--help")
        return found.returncode == 0

    def _run(self, python: Path, system: System, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(python), "-m", f"bench.peers.{system.module}", *arguments]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "PYTHONDONTWRITEBYTECODE": "1"}
        limit = self._seconds + PER_STEP_S
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit)

    def measure(self, system: System, *more: str, sessions: int) -> dict[str, Any]:
        """One process of it. Raises RuntimeError with what it said when it gave no figures."""
        python = self.python(system)
        given = ("--clips", str(self._clips), "--sessions", str(sessions), "--seconds", str(self._seconds))
        try:
            ran = self._run(python, system, *given, "--core", str(self.core), *system.options, *more)
        except subprocess.TimeoutExpired:
            raise RuntimeError("it did not end in time") from None
        lines = [line for line in ran.stdout.splitlines() if line.startswith("{")]
        if not lines:
            raise RuntimeError(ran.stderr.strip()[-1000:] or f"it ended with status {ran.returncode}")
        found: dict[str, Any] = json.loads(lines[-1])
        return found

    def search(self, system: System) -> dict[str, Any]:
        """Upwards until the core does not keep up."""
        rows: list[dict[str, Any]] = []
        best, first_bad = 0, 0
        for sessions in system.steps:
            row = self._step(system, sessions)
            rows.append(row)
            if row["counts"]:
                best = sessions
            else:
                first_bad = sessions
                break
        if first_bad - best > 5:
            row = self._step(system, (best + first_bad) // 2)
            rows.append(row)
            best = row["sessions"] if row["counts"] else best
        rows.sort(key=lambda row: int(row["sessions"]))
        return {"sessions_per_core": best, "memory_mb_per_session": slope(rows), "steps": rows}

    def _step(self, system: System, sessions: int) -> dict[str, Any]:
        """A number of sessions; once more if they were late though the core was not full: others use this machine."""
        row = self._judged(system, sessions)
        if not row["counts"] and row.get("cpu", 1.0) < FULL:
            again = self._judged(system, sessions)
            again["tries"] = 2
            row = again if again["counts"] or again.get("cpu", 1.0) < row.get("cpu", 1.0) else {**row, "tries": 2}
        self._console.print(f"  {system.name}, {sessions}: {brief(row)}", highlight=False)
        return row

    def _judged(self, system: System, sessions: int) -> dict[str, Any]:
        try:
            row = self.measure(system, sessions=sessions)
        except RuntimeError as error:
            return {"sessions": sessions, "counts": False, "why": str(error)}
        given, expected = row["replies"]
        reasons = []
        if max(row["late_ms"]["p99"], row.get("tick_late_ms", {}).get("p99", 0.0)) >= LATE_MS:
            reasons.append("late")
        if row["cpu"] >= FULL:
            reasons.append("full")
        if given < system.answered * expected:
            reasons.append("not answering")
        return {**row, "counts": not reasons, "why": ", ".join(reasons)}


def slope(rows: Sequence[dict[str, Any]]) -> float | None:
    """MB of memory that a session more takes, of those steps that counted."""
    points = [(row["sessions"], row["rss_mb"]) for row in rows if row["counts"]]
    if len(points) < 2:
        return None
    x, y = np.array(points, np.float64).T
    return round(float(np.polyfit(x, y, 1)[0]), 2)


def brief(row: dict[str, Any]) -> str:
    if "cpu" not in row:
        return f"no: {row['why']}"
    late, (given, expected) = row["late_ms"], row["replies"]
    word = "yes" if row["counts"] else f"no ({row['why']})"
    return (
        f"{word}, late p50 {late['p50']} p99 {late['p99']} ms, {row['cpu']:.0%} of the core, {given}/{expected} replies"
    )


def show(console: Console, name: str, found: dict[str, Any]) -> None:
    table = Table(title=f"{name}: {found['sessions_per_core']} sessions a core", title_justify="left")
    for head in ("sessions", "late p50", "p99", "max ms", "own tick p99", "core", "others", "RSS MB", "replies"):
        table.add_column(head, justify="right")
    for head in ("gave way", "reply p50 ms", "counts"):
        table.add_column(head, justify="right")
    for row in found["steps"]:
        if "cpu" not in row:
            table.add_row(str(row["sessions"]), *[""] * 10, row["why"][:60])
            continue
        late, own = row["late_ms"], row.get("tick_late_ms", {})
        table.add_row(
            str(row["sessions"]),
            *(str(late[key]) for key in ("p50", "p99", "max")),
            str(own.get("p99", "")),
            f"{row['cpu']:.1%}",
            f"{row['others_on_core'] + row['stolen_of_core']:.1%}",
            str(row["rss_mb"]),
            "{}/{}".format(*row["replies"]),
            "{}/{}".format(*row["gave_way"]),
            str(row["reply_ms"]["p50"]),
            "yes" if row["counts"] else row["why"],
        )
    console.print(table)
    console.print(f"memory a session: {found['memory_mb_per_session']} MB")


def compare(found: dict[str, Any]) -> dict[str, float]:
    """How many times the sessions of the better peer, as light as they can be and as shipped."""
    ours = {name: each["sessions_per_core"] for name, each in found.items() if name.startswith("duetto")}
    times: dict[str, float] = {}
    for shipped in (False, True):
        peers = {
            name: each["sessions_per_core"]
            for name, each in found.items()
            if name.startswith(("LiveKit", "Pipecat")) and name.endswith("as shipped") == shipped
        }
        better = max(peers, key=lambda name: peers[name], default=None)
        if better is not None and peers[better]:
            times |= {f"{name} / {better}": round(count / peers[better], 1) for name, count in ours.items()}
    return times


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "duetto" / "bench-peers"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("systems", nargs="*", help=f"which of {', '.join(SYSTEMS)}; all by default")
    parser.add_argument("--peers-venv", type=Path, default=cache(), help="folder of the peers' environments")
    parser.add_argument("--as-shipped", action="store_true", help="the peers also with their turn-end models")
    parser.add_argument("--seconds", type=float, default=12.0, help="length of each step")
    parser.add_argument("--open-close", type=int, default=1000, help="conversations to open and close; 0 for none")
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    given = parser.parse_args()
    unknown = set(given.systems) - set(SYSTEMS)
    if unknown:
        parser.error(f"systems: {', '.join(sorted(unknown))}: there are {', '.join(SYSTEMS)}")
    console = Console()
    found: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        clips = Path(folder) / "clips.npz"
        make_clips(clips)
        bench = Bench(console, clips, given.peers_venv, given.seconds)
        console.print(f"{machine()}; the systems on core {bench.core}")
        for name in given.systems or SYSTEMS:
            shipped = (AS_SHIPPED[name],) if given.as_shipped and name in AS_SHIPPED else ()
            for system in (*SYSTEMS[name], *shipped):
                found[system.name] = bench.search(system)
                show(console, system.name, found[system.name])
        if given.open_close and "duetto" in found:
            closed = bench.measure(SYSTEMS["duetto"][0], "--open-close", str(given.open_close), sessions=1)
            found["opened and closed"] = closed["opened_and_closed"]
            for count, row in closed["opened_and_closed"].items():
                console.print(f"{count} opened and closed: {row['rss_mb']} MB, {row['open_files']} open files")
    found["times the better"] = times = compare(found)
    for pair, ratio in times.items():
        console.print(f"{pair}: {ratio} times")
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / "sessions_per_core.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    console.print(f"written to {path}")


if __name__ == "__main__":
    main()
