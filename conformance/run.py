"""Stock clients, unmodified, against a real `duetto serve`: which of them can do what.

python conformance/run.py [CLIENT …]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from check import Protocol, check
from duetto_server import Served, serving
from places import HERE, environment, node_folder
from talk import speak
from tap import Tap

STEPS = ("connect", "transcript", "answer", "interrupt", "tool", "close", "events")


@dataclass(frozen=True)
class Client:
    """A stock client. place: the environment that its script runs in. secure: it speaks TLS, and is not tapped."""

    name: str
    script: str
    place: Literal["openai", "livekit", "pipecat", "node", "browser"]
    protocol: Protocol
    secure: bool = False
    arguments: tuple[str, ...] = ()


CLIENTS = (
    Client("openai-python Realtime", "openai_realtime.py", "openai", "realtime"),
    Client("openai-python Live", "openai_live.py", "openai", "live"),
    Client("openai-agents-python", "openai_agents.py", "openai", "realtime"),
    Client("google-genai Python", "google_genai.py", "openai", "gemini", secure=True),
    Client("LiveKit RealtimeModel", "livekit_realtime.py", "livekit", "realtime"),
    Client("LiveKit GPTLiveModel", "livekit_live.py", "livekit", "live"),
    Client("Pipecat Realtime", "pipecat_realtime.py", "pipecat", "realtime"),
    Client("Pipecat Live", "pipecat_live.py", "pipecat", "live"),
    Client("openai-node Realtime", "openai_node_realtime.mjs", "node", "realtime", secure=True),
    Client("openai-node Live", "openai_node_live.mjs", "node", "live"),
    Client("@openai/agents WebSocket", "openai_agents_ws.mjs", "node", "realtime"),
    Client("@google/genai", "google_genai.mjs", "node", "gemini"),
    Client("openai-node Realtime WebRTC", "browser.mjs", "browser", "realtime", arguments=("page_realtime.mjs",)),
    Client("openai-node Live WebRTC", "browser.mjs", "browser", "live", arguments=("page_live.mjs",)),
    Client("@openai/agents WebRTC", "browser.mjs", "browser", "realtime", arguments=("page_agents.mjs",)),
)


@dataclass
class Step:
    """What came of one. state "skipped": it was not reached, or has no meaning for this client."""

    state: Literal["ok", "failed", "skipped"] = "skipped"
    detail: str = ""


@dataclass
class Result:
    """Of one client."""

    client: str
    steps: dict[str, Step] = field(default_factory=lambda: {name: Step() for name in STEPS})
    seconds: float = 0.0
    log: str = ""
    tries: int = 1

    @property
    def ok(self) -> bool:
        return all(
            step.state == "ok" or (name == "events" and step.state == "skipped") for name, step in self.steps.items()
        )


@dataclass(frozen=True)
class Places:
    """Pythons of the environments, the folder of the JavaScript clients, a browser, and where its pages come from."""

    pythons: dict[str, Path]
    node: Path | None
    browser: str
    page_port: int


def run(client: Client, served: Served, places: Places, work: Path, seconds: float) -> Result:
    """Run one client to its end, or until its time is over."""
    with Tap(served.http) as tap:
        own = work / client.name.replace("/", "-").replace(" ", "-")
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir(parents=True)
        environ = {
            **os.environ,
            "DUETTO_HTTP": f"127.0.0.1:{tap.port}",
            "DUETTO_HTTPS": f"127.0.0.1:{served.https}",
            "DUETTO_CA": str(served.authority),
            "DUETTO_SPEECH": str(work / "speech"),
            "DUETTO_EVENTS": str(own / "events.jsonl"),
            "DUETTO_BROWSER": places.browser,
            "DUETTO_PAGE_PORT": str(places.page_port),
            "SSL_CERT_FILE": str(served.authority),
            "NODE_EXTRA_CA_CERTS": str(served.authority),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
        began = time.monotonic()
        output, errors = own / "stdout", own / "stderr"
        with output.open("w") as out, errors.open("w") as err:
            process = subprocess.Popen(
                command(client, places), stdout=out, stderr=err, env=environ, cwd=own, start_new_session=True
            )
            try:
                status: int | None = process.wait(seconds)
            except subprocess.TimeoutExpired:
                status = None
                os.killpg(process.pid, 9)
                process.wait()
        result = Result(client.name, seconds=round(time.monotonic() - began, 1), log=str(errors))
        messages = tap.messages()
    for line in output.read_text().splitlines():
        told = json.loads(line) if line.startswith('{"step"') else None
        if told is not None:
            result.steps[told["step"]] = Step("ok" if told["ok"] else "failed", told["detail"])
    if status != 0:
        why = f"not over within {seconds:.0f} s" if status is None else f"exit status {status}"
        unreached = next((step for step in result.steps.values() if step.state == "skipped"), None)
        if unreached is not None:
            unreached.state, unreached.detail = "failed", f"{why}; see {errors}"
    events = own / "events.jsonl"  # where a tap sees nothing: over TLS, on a data channel
    if events.exists():
        messages = events.read_bytes().splitlines()
    if client.protocol != "gemini":
        result.steps["events"] = judged(client.protocol, messages)
    (own / "seen.jsonl").write_bytes(b"".join(message + b"\n" for message in messages))
    return result


def judged(protocol: Protocol, messages: Sequence[bytes]) -> Step:
    """Whether all events are what the types of the `openai` package say."""
    found = check(protocol, messages)
    told = f"{found.total} events of {len(found.counts)} types"
    if found.problems or not found.total:
        return Step("failed", f"{told}: {'; '.join(found.problems) or 'none were seen'}")
    if found.errors:
        return Step("failed", f"{told}, and errors: {'; '.join(found.errors[:4])}")
    return Step("ok", told)


def command(client: Client, places: Places) -> list[str]:
    if client.place in ("node", "browser"):
        return ["node", str(places.node / client.script), *client.arguments] if places.node else []
    return [str(places.pythons[client.place]), str(HERE / "clients" / client.script)]


def table(results: Sequence[Result]) -> str:
    """Clients by steps, and what failed."""
    wide = max(len(result.client) for result in results)
    lines = [f"{'client':{wide}}  " + "  ".join(f"{name:>10}" for name in STEPS)]
    for result in results:
        marks = {"ok": "ok", "failed": "FAILED", "skipped": "-"}
        again = f", try {result.tries}" if result.tries > 1 else ""
        cells = "  ".join(f"{marks[step.state]:>10}" for step in result.steps.values())
        lines.append(f"{result.client:{wide}}  {cells}   {result.seconds:5.1f} s{again}")
    for result in results:
        lines += [
            f"\n{result.client}, {name}: {step.detail}" for name, step in result.steps.items() if step.state == "failed"
        ]
    return "\n".join(lines)


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        port: int = made.getsockname()[1]
        return port


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clients", nargs="*", help="part of a client's name; all by default")
    parser.add_argument("--cache", type=Path, default=HERE.parent / "build" / "conformance", help="folder for installs")
    parser.add_argument("--venv", action="append", default=[], metavar="NAME=DIR", help="an environment to use instead")
    parser.add_argument("--browser", default=shutil.which("chromium") or "", help="Chromium, for WebRTC")
    parser.add_argument("--seconds", type=float, default=120.0, help="time that one client may take")
    parser.add_argument("--tries", type=int, default=2, help="how often a client that fails is run, in all")
    parser.add_argument("--json", type=Path, help="file for the results; by default results.json in the cache")
    parser.add_argument("--list", action="store_true", help="list the clients")
    return parser.parse_args()


def main() -> int:
    given = options()
    words = [word.lower() for word in given.clients]
    clients = [each for each in CLIENTS if not words or any(word in each.name.lower() for word in words)]
    if given.list or not clients:
        print("\n".join(client.name for client in CLIENTS))
        return 0 if given.list else 2
    cache = given.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    pythons = {
        name: Path(folder).absolute() / "bin" / "python"
        for name, _, folder in (one.partition("=") for one in given.venv)
    }
    for name in dict.fromkeys(client.place for client in clients):
        if name not in ("node", "browser") and name not in pythons:
            pythons[name] = environment(cache, name)
    node = node_folder(cache) if any(client.place in ("node", "browser") for client in clients) else None
    places = Places(pythons, node, given.browser, free_port())
    work = cache / "runs"
    speak(work / "speech")
    results: list[Result] = []
    with serving(work, [f"http://127.0.0.1:{places.page_port}"]) as served:
        one = partial(run, served=served, places=places, work=work, seconds=given.seconds)
        for client in clients:
            print(f"{client.name} …", file=sys.stderr, flush=True)
            result = one(client)
            for tries in range(2, given.tries + 1):
                if result.ok:
                    break
                print(f"{client.name}, try {tries} …", file=sys.stderr, flush=True)
                result = one(client)
                result.tries = tries
            results.append(result)
    log = served.log.read_text().strip()
    print(table(results))
    if log:
        print(f"\nthe server's own log:\n{log[-3000:]}")
    path = given.json or cache / "results.json"
    path.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n")
    return 0 if all(result.ok for result in results) and not log else 1


if __name__ == "__main__":
    sys.exit(main())
