"""The command line. Each command is a small file of its own, and imports what it needs only when it runs."""

from __future__ import annotations

import typer

from duetto.cli import bench, converse, demo, doctor, replay, serve, talk, timeline, version

app = typer.Typer(
    name="duetto",
    help="Real-time AI that listens, watches, reads and speaks at the same time.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (demo, converse, talk, replay, timeline, doctor, version):
    app.command(command.__name__.rpartition(".")[2])(command.run)
app.add_typer(bench.app, name="bench")
app.add_typer(serve.app, name="serve")
