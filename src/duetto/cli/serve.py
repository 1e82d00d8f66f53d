"""`duetto serve`: conversations for the clients that exist, and its API keys."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from duetto.cli import llm as thinking
from duetto.cli import settings as options
from duetto.cli.errors import clear_ending, clear_errors

if TYPE_CHECKING:
    from duetto.brain.tools import Tool
    from duetto.server.settings import ServerSettings
    from duetto.server.tls import Certificate

STUDIO: Final = Path(__file__).parent.parent / "server" / "studio"

app = typer.Typer(
    help="Serve conversations: OpenAI Realtime, GPT-Live, Gemini Live, and a page to talk from.", rich_markup_mode=None
)
keys_app = typer.Typer(help="API keys of the server.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys_app, name="keys")

State = Annotated[
    Path | None, typer.Option(help="Folder of what the server keeps: its certificates, its keys.", metavar="DIR")
]
Keys = Annotated[
    Path | None, typer.Option("--keys", help="File of API keys; by default keys.json in the state folder.")
]


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to bind to; one that others can reach needs keys.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of HTTP; 0 for any.", min=0, max=65535)] = 8000,
    https_port: Annotated[int, typer.Option(help="Port of HTTPS; 0 for any.", min=0, max=65535)] = 8443,
    https: Annotated[bool, typer.Option(help="Serve HTTPS too: some stock clients demand it.")] = True,
    name: Annotated[
        list[str] | None, typer.Option(help="Another host name or address that the server is reached by.")
    ] = None,
    keys: Keys = None,
    origins: Annotated[
        list[str] | None, typer.Option(help="Origin whose pages may use the server, such as https://app.example.")
    ] = None,
    state: State = None,
    record: Annotated[
        Path | None, typer.Option(help="Folder for recordings of sessions that ask for one.", metavar="DIR")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes behind the one port.", min=1, max=256)] = 1,
    sessions: Annotated[int, typer.Option(help="Conversations at once in each process, at most.", min=1)] = 200,
    drain: Annotated[float, typer.Option(help="Seconds that conversations may go on after SIGTERM.", min=0)] = 20.0,
    checkpoints: Annotated[
        bool, typer.Option(help="Keep in the state folder what conversations need to outlive their process.")
    ] = True,
    page: Annotated[bool, typer.Option(help="Serve the page at /.")] = True,
    delta: options.Delta = options.DELTA_MS,
    horizon: options.Horizon = options.HORIZON_MS,
    open_vocabulary: options.OpenVocabulary = False,
    recogniser: options.RecogniserName = options.RECOGNISER,
    voice: options.VoiceName = options.VOICE,
    smart_turn: options.SmartTurn = False,
    llm: thinking.Llm = None,
    model: thinking.Model = "",
    instructions: thinking.Instructions = "",
    llm_sees: thinking.Sees = 0,
    tools: thinking.ToolsFile = None,
    mcp: thinking.Mcp = None,
    reasoner: thinking.Reasoner = "",
    quiet: options.Quiet = False,
) -> None:
    """Serve until Ctrl-C or SIGTERM; conversations then have a while to end."""
    if context.invoked_subcommand is not None:
        return
    from duetto.server.settings import Limits, ServerSettings
    from duetto.server.tls import state_folder
    from duetto.server.worker import Plan, start_log
    from duetto.server.worker import run as serve

    with clear_errors():
        session = options.settings_of(
            delta_ms=delta,
            horizon_ms=horizon,
            open_vocabulary=open_vocabulary,
            recogniser=recogniser,
            voice=voice,
            smart_turn=smart_turn,
        )
        session = thinking.with_llm(session, llm, model, instructions, llm_sees)
        state = state or state_folder()
        settings = ServerSettings(
            host=host,
            port=port,
            https_port=https_port if https else None,
            names=tuple(name or ()),
            keys=_keys_in_use(keys, state),
            origins=tuple(origins or ()),
            state=state,
            recordings=record,
            studio=STUDIO if page and STUDIO.is_dir() else None,
            models=tuple(dict.fromkeys(("duetto", session.chat.name if session.chat is not None else "duetto"))),
            workers=workers,
            drain_s=drain,
            checkpoints=checkpoints,
            limits=Limits(sessions=sessions),
        )
        plan = Plan(settings, session, _Tools(session, tools, mcp, reasoner))
        plan.tools()  # what is wrong with them is said now, and once
        _more_files()
        start_log()

        def started(settings: ServerSettings, files: Certificate | None) -> None:
            if not quiet:
                sys.stdout.write("\n".join(greeting(settings, files, plan.brain)) + "\n")
                sys.stdout.flush()

        with clear_ending():
            status = serve(plan, started)
    raise typer.Exit(status)


class _Tools:
    """Makes the server's own tools, in each of its processes."""

    def __init__(self, session: object, path: Path | None, mcp: list[str] | None, thinker: str) -> None:
        self._from = session, path, mcp, thinker

    def __call__(self) -> tuple[Tool, ...]:
        return thinking.all_tools(*self._from)  # type: ignore[arg-type]


def greeting(settings: ServerSettings, files: Certificate | None, brain: str) -> list[str]:
    """What is said when the server is up: where it is, and how clients are pointed at it."""
    host = "localhost" if settings.host in ("", "0.0.0.0", "::", "127.0.0.1", "::1") else settings.host
    plain, secure = f"http://{host}:{settings.port}", f"https://{host}:{settings.https_port}"
    lines = [f"duetto listens at {plain}" + (f" and {secure}" if files is not None else "")]
    if settings.studio is not None:
        lines.append(f"  talk here      {plain}/")
    lines += [
        f"  OpenAI         OPENAI_BASE_URL={plain}/v1   Realtime: ws{plain[4:]}/v1/realtime",
        f"  GPT-Live       ws{plain[4:]}/v1/live/sessions",
        f"  Gemini Live    base URL {plain}" + (f", for Python {secure}" if files is not None else ""),
    ]
    if files is not None:
        lines.append(f"  trust          {'  '.join(files.client_lines())}")
    key = "any, none is checked" if settings.keys is None else f"those in {settings.keys}"
    lines.append(f"  API keys       {key}")
    if settings.keys is None:
        lines.append("                 open to programs on this machine, for it is bound to loopback")
    rest = [f"brain: {brain}", f"{settings.workers} process{'es' if settings.workers > 1 else ''}"]
    if settings.recordings is not None:
        rest.append(f"recordings in {settings.recordings}")
    return [*lines, f"  {', '.join(rest)}; Ctrl-C ends it"]


def _keys_in_use(keys: Path | None, state: Path) -> Path | None:
    """The file of keys, where there is one. Raises ValueError, OSError."""
    from duetto.server.keys import read_keys

    usual = state / "keys.json"
    path = keys if keys is not None else usual if usual.exists() else None
    if path is not None:
        if not path.is_file():
            raise FileNotFoundError(f"--keys: {path}: there is no such file; `duetto serve keys add NAME` makes it")
        read_keys(path)
    return path


def _more_files() -> None:
    """As many open files as the system lets this user have: each connection is one."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# --- keys -----------------------------------------------------------------------------------------------------------


@keys_app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What the key is for.")], keys: Keys = None, state: State = None
) -> None:
    """Make an API key. It is shown once; only its hash is kept."""
    from duetto.server.keys import add_key
    from duetto.server.worker import unix

    with clear_errors():
        path = _file(keys, state)
        key = add_key(path, name, int(unix()))
    sys.stdout.write(key + "\n")
    sys.stderr.write(f"Kept as a hash in {path}. It is not shown again.\n")


@keys_app.command("list")
def list_keys(keys: Keys = None, state: State = None) -> None:
    """Names of the keys, and when they were made."""
    from datetime import UTC, datetime

    from duetto.server.keys import read_keys

    with clear_errors():
        path = _file(keys, state)
        for key in read_keys(path) if path.exists() else ():
            made = datetime.fromtimestamp(key.made, UTC).strftime("%Y-%m-%d")
            sys.stdout.write(f"{made}  {key.name}\n")


@keys_app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="Name of the key.")], keys: Keys = None, state: State = None
) -> None:
    """Remove a key: it is not valid from now on, and a server that runs knows it at once."""
    from duetto.server.keys import remove_key

    with clear_errors():
        path = _file(keys, state)
        if not path.exists():
            raise FileNotFoundError(f"{path}: there is no such file")
        remove_key(path, name)


def _file(keys: Path | None, state: Path | None) -> Path:
    from duetto.server.tls import state_folder

    return keys or (state or state_folder()) / "keys.json"
