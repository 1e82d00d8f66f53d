"""`duetto bench`: intelligence and responsiveness measured together, on duetto or on any command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duetto.cli.errors import BAD_INPUT, DIFFERENT, clear_errors, fail
from duetto.cli.settings import DELTA_MS, HORIZON_MS, Delta, Horizon, Quiet, SmartTurn, settings_of

if TYPE_CHECKING:
    from duetto.bench.results import Results
    from duetto.bench.trial import Trial

app = typer.Typer(
    help="Measure how clever and how quick a real-time system is, together.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Suites = Annotated[list[str] | None, typer.Argument(help="Which suites; all by default.", metavar="[SUITE]…")]
Scenarios = Annotated[
    Path | None, typer.Option(help="A folder of suites of one's own, with recordings or without.", metavar="DIR")
]
Media = Annotated[
    Path | None, typer.Option(help="A folder of real videos with labels.toml: count, span, watch.", metavar="DIR")
]
WithModel = Annotated[
    bool, typer.Option("--with-model", help="The items for a brain with a language model, which is scripted.")
]
Out = Annotated[Path, typer.Option(help="Where results, sounds and report go.", metavar="DIR")]
Run = Annotated[Path, typer.Argument(help="A run's folder.", metavar="RUN")]
Seed = Annotated[int, typer.Option(help="Another seed is another cast of voices.", min=0)]
Jobs = Annotated[int | None, typer.Option(help="Items taken at once; one a core by default.", min=1, max=64)]


@app.command("run")
def run(
    suites: Suites = None,
    out: Out = Path("bench-out"),
    command: Annotated[
        str, typer.Option("--command", help="Measure a command: {user} and {agent} stand for the two WAVs.")
    ] = "",
    wire: Annotated[
        str,
        typer.Option(
            "--target",
            help="Measure a server: openai-realtime:URL, gpt-live:URL or gemini-live:URL. DUETTO_BENCH_KEY is its key.",
            metavar="KIND:URL",
        ),
    ] = "",
    realtime: Annotated[bool, typer.Option("--realtime", help="Measure duetto on the machine's clock.")] = False,
    with_model: WithModel = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Their baseline: a brain that begins its answer anew at each change.")
    ] = False,
    polling: Annotated[
        bool, typer.Option("--polling", help="The baseline without standing orders: a model is asked once a second.")
    ] = False,
    drafts: Annotated[bool, typer.Option(help="Draft replies before the turn has ended.")] = True,
    delta: Delta = DELTA_MS,
    horizon: Horizon = HORIZON_MS,
    smart_turn: SmartTurn = False,
    scenarios: Scenarios = None,
    media: Media = None,
    seed: Seed = 1,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Take the items, judge and score them, write results and report.

    duetto is measured in process on the virtual clock, unless --realtime, --target or --command says otherwise.
    """
    with clear_errors():
        from duetto.bench.machine import machine
        from duetto.bench.media import load_media
        from duetto.bench.report import write_report
        from duetto.bench.results import results_of, save
        from duetto.bench.runner import items_of, sound_path
        from duetto.bench.runner import run as take_all
        from duetto.bench.scenario import SHIPPED, SHIPPED_MODEL, load_all
        from duetto.bench.targets.command import CommandTarget
        from duetto.bench.targets.duetto import DuettoTarget
        from duetto.bench.targets.named import wire_target
        from duetto.bench.targets.target import Target
        from duetto.bench.text import lines

        if command and realtime:
            fail("--command: it runs in its own time; leave --realtime out")
        if wire and (command or with_model):
            fail(f"--target: leave {'--command' if command else '--with-model'} out")
        if polling and (command or wire or with_model or realtime):
            fail("--polling: it is duetto on the virtual clock; leave --command, --target and the like out")
        target: Target
        if command:
            target = CommandTarget(command)
        elif wire:
            target = wire_target(wire, os.environ.get("DUETTO_BENCH_KEY", ""))
        else:
            settings = settings_of(delta_ms=delta, horizon_ms=horizon, smart_turn=smart_turn)
            target = DuettoTarget(settings, realtime, restart, drafts, polling)
        if media:
            found = tuple(item for item in load_media(media) if not suites or item.suite in suites)
        else:
            found = load_all(scenarios or (SHIPPED_MODEL if with_model else SHIPPED), suites or ())
        if not found:
            fail(f"--media: {media} has no clips for {', '.join(suites or ())}")
        if (realtime or wire) and jobs is None:
            jobs = 1  # several at once would be late for one another
        with _progress(len(found), quiet) as taken:
            trials = take_all(target, items_of(found), out, seed=seed, jobs=jobs, taken=taken)
        given = {"command": command, "realtime": realtime, "delta": delta, "horizon": horizon, "seed": seed}
        given |= {"target": wire, "with-model": with_model, "restart": restart, "no-drafts": not drafts}
        given |= {"polling": polling, "smart-turn": smart_turn}
        again = _command("run", suites, **given)
        results = results_of(target.name, again, machine() if realtime or wire else "", found, trials)
        path = save(results, out)
        write_report(out / "report.html", _json(path), lambda item: sound_path(out, item))
        if not quiet:
            sys.stdout.write("\n".join(lines(results)) + "\n\n")
        sys.stdout.write(f"{path}\n{out / 'report.html'}\n")
    if all(item.trial.error for item in results.items):
        fail(f"no item could be taken: {results.items[0].trial.error}", BAD_INPUT)


@app.command("list")
def list_items(suites: Suites = None, scenarios: Scenarios = None, with_model: WithModel = False) -> None:
    """List the items, with what each is there to show."""
    with clear_errors():
        from duetto.bench.runner import items_of
        from duetto.bench.scenario import SHIPPED, SHIPPED_MODEL, half, load_all

        for item in items_of(load_all(scenarios or (SHIPPED_MODEL if with_model else SHIPPED), suites or ())):
            sys.stdout.write(f"{item.scenario.id:48} {half(item.place):9} {item.scenario.about}\n")


@app.command("show")
def show(run: Run) -> None:
    """Print the summary of a run."""
    with clear_errors():
        from duetto.bench.text import lines

        sys.stdout.write("\n".join(lines(_results(run))) + "\n")


@app.command("report")
def report(
    run: Run,
    out: Annotated[Path | None, typer.Option(help="The HTML file; by default in the run's folder.")] = None,
    silent: Annotated[bool, typer.Option("--silent", help="Without the sounds.")] = False,
) -> None:
    """Write a run's report anew: one HTML file, with the picture and the sound of every failed item."""
    with clear_errors():
        from duetto.bench.report import write_report
        from duetto.bench.results import FILE
        from duetto.bench.runner import sound_path

        _results(run)
        path = out or run / "report.html"
        write_report(path, _json(run / FILE), lambda item: None if silent else sound_path(run, item))
        sys.stdout.write(f"{path}\n")


@app.command("compare")
def compare(before: Run, after: Run) -> None:
    """Compare two runs: what got worse, what got better, which figures moved. Status 1 if anything got worse."""
    with clear_errors():
        from duetto.bench.compare import compare as compared
        from duetto.bench.compare import lines
        from duetto.bench.results import FILE

        _results(before), _results(after)
        comparison = compared(_json(before / FILE), _json(after / FILE))
        sys.stdout.write("\n".join(lines(comparison)) + "\n")
    raise typer.Exit(DIFFERENT if comparison.worse else 0)


@app.command("export")
def export(
    run: Run, fdb: Annotated[Path, typer.Option("--fdb", help="The folder to write, in its layout.", metavar="DIR")]
) -> None:
    """Write a run as Full-Duplex-Bench's own scripts read it, so that they can score it."""
    with clear_errors():
        from duetto.bench.export import export as exported
        from duetto.bench.results import taken_of
        from duetto.bench.runner import sound_path

        tasks = exported(taken_of(_results(run)), lambda item: sound_path(run, item), fdb)
        for task, count in tasks.items():
            sys.stdout.write(f"{fdb / task}: {count} items\n")


@app.command("frontier")
def frontier(
    suites: Suites = None,
    out: Out = Path("frontier-out"),
    seed: Seed = 1,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Sweep the micro-turn and the horizon, and draw latency against coherence."""
    with clear_errors():
        import msgspec

        from duetto.bench import frontier as sweeps
        from duetto.bench.machine import machine
        from duetto.bench.runner import items_of
        from duetto.bench.scenario import load_all

        items = items_of(load_all(suites=suites or sweeps.SUITES))
        points = len(sweeps.DELTAS) + len(sweeps.HORIZONS)
        again = _command("frontier", suites, seed=seed)
        with _progress(len(items) * points, quiet) as taken:
            found = sweeps.sweep(
                settings_of(), items, out, command=again, machine=machine(), seed=seed, jobs=jobs, taken=taken
            )
        (out / "frontier.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
        (out / "frontier.svg").write_text(sweeps.draw(found), encoding="utf-8")
        sys.stdout.write(f"{out / 'frontier.json'}\n{out / 'frontier.svg'}\n")


def _results(run: Path) -> Results:
    from duetto.bench.results import load_results

    return load_results(run)


def _json(path: Path) -> dict[str, object]:
    import msgspec

    return msgspec.json.decode(path.read_bytes(), type=dict[str, object])


def _command(name: str, suites: list[str] | None, **options: object) -> str:
    """What makes the run again: only what changes its results."""
    usual = {"delta": DELTA_MS, "horizon": HORIZON_MS, "seed": 1, "command": "", "target": "", "realtime": False}
    usual |= {"with-model": False, "restart": False, "no-drafts": False, "polling": False, "smart-turn": False}
    words = ["duetto", "bench", name, *(suites or ())]
    for option, value in options.items():
        if value != usual[option]:
            words += [f"--{option}"] if value is True else [f"--{option}", f"{value}"]
    return " ".join(words)


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Callable[[Trial], None]]:
    """A bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda trial: None
        return
    columns = (
        MofNCompleteColumn(),
        BarColumn(bar_width=None),
        TimeRemainingColumn(),
        TextColumn("{task.fields[item]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total, item="")
        yield lambda trial: progress.update(task, advance=1, item=trial.item)
