"""An hour of conversation with a scripted language model on the virtual clock: does anything grow?

Real voice activity, interaction, playout and prompts; ears, voice and model are scripted, so that the hour takes
minutes. Each minute's figures are drawn to `hour.svg`, beside `bench.json`.
"""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, Final

from duetto.assembly import Settings, build_session, thinkers, with_chat
from duetto.brain.chat.model import CallRequest
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.tools import tool
from duetto.models.model import MicroTurn
from duetto.perception.audio.input import AudioInput
from duetto.perception.audio.recogniser import RecogniserHandler
from duetto.perception.text.input import KeysInput
from duetto.recording.measure import percentile
from duetto.session import Inputs
from duetto.simulation.script import Cue, Hears, Quiet, Says, Types
from duetto.simulation.user import SimulatedUser
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceHandler, VoiceSettings
from duetto.testing.model import Rule, Script, ScriptedChat
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.arrival import Usage
from duetto.timeline.clock import VirtualClock, in_ms, s
from duetto.timeline.job import Ask
from duetto.timeline.turn import VOICE_RATE, Samples
from duetto.workers.inline import InlineWorker
from duetto.workers.worker import Worker

MINUTES: Final = int(os.environ.get("DUETTO_MINUTES", "60"))
WEATHER: Final = (
    "In Dresden it will be fine tomorrow, with sun until noon. The high is twenty degrees Celsius, and the low is nine "
    "degrees. In the evening it may rain a little, so take a coat."
)
CYCLE: Final = (
    Cue(Quiet(s(1.5)), (Says("what is the weather in dresden tomorrow"),)),
    Cue(Hears("noon"), (Says("no for thursday please"),), limit=s(8)),
    Cue(Quiet(s(1.5)), (Says("which trains go to prague"),)),
    Cue(Quiet(s(2)), (Types("and when does the last one arrive", 12),), limit=s(12)),
)
"""Some 40 s: a question, its amendment, a tool, a typed question."""
RULES: Final = (
    Rule("thursday", "Thursday, then. It rains all day, with eleven degrees."),
    Rule("weather", WEATHER),
    Rule("trains", "Let me look.", (CallRequest("trains", "{}"),)),
    Rule("nine", "There are two, at six and at nine.", outcome=True),
    Rule("arrive", "At one in the morning."),
)


@tool(takes=s(2))
def trains() -> str:
    """Today's trains."""
    return "at six and at nine"


class _Minutes:
    """Looks at the session minute by minute."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.requests = 0
        self._compute: list[int] = []
        self._prompts: list[Usage] = []

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        self._compute.append(micro_turn.timing.compute)
        self._prompts += [a for turn in micro_turn.turns for a in turn.arrivals if isinstance(a, Usage)]
        self.requests += sum(isinstance(job, Ask) for output in micro_turn.outputs for job in output.jobs)
        if micro_turn.span.end // s(60) > len(self.rows):
            self._close()

    def _close(self) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        sizes = [usage.prompt for usage in self._prompts] or [0]
        stable = [usage.stable / usage.prompt for usage in self._prompts if usage.prompt] or [0.0]
        self.rows.append(
            {
                "memory, MB": pages * resource.getpagesize() / 2**20,
                "micro-turn p50, ms": in_ms(round(percentile(self._compute, 50))),
                "micro-turn p99, ms": in_ms(round(percentile(self._compute, 99))),
                "prompt, characters": float(max(sizes)),
                "of it stable": median(stable),
            }
        )
        self._compute, self._prompts = [], []

    def close(self) -> None:
        """Nothing to release."""


@cache
def _spoken(text: str) -> Samples:
    with reading(VoiceSettings(name="en-gb+f2")) as reader:
        return reader(text)


def run(folder: Path) -> dict[str, Any]:
    """The hour's first ten minutes against its last ten."""
    cycles = MINUTES * 60 // 20
    cues = [cue for _ in range(cycles) for cue in CYCLE]
    said = [deed.text for cue in cues for deed in cue.does if isinstance(deed, Says)]
    model = ScriptedChat(Script(RULES), keep=16)  # the double's memory is not what is measured
    settings = with_chat(Settings(), ChatSettings("scripted"))

    def workers(settings: Settings, bell: threading.Event) -> list[Worker]:
        return [
            InlineWorker("recogniser", RecogniserHandler(ScriptedRecogniser(said))),
            InlineWorker("voice", VoiceHandler(ScriptedVoice())),
            *thinkers(settings, bell, tools=[trains], model=lambda _: model),
        ]

    mic, keys = AudioInput(VOICE_RATE), KeysInput()
    user = SimulatedUser(cues, _spoken, mic=mic, keys=keys)
    minutes = _Minutes()
    until = _Until(s(60 * MINUTES))
    session = build_session(
        settings,
        VirtualClock(),
        Inputs(mic, None, None, keys),
        feeders=[user],
        observers=[user, minutes, until],
        workers=workers,
    )
    until.stop = session.stop
    session.run()
    out = Path("bench-out")
    out.mkdir(exist_ok=True)
    (out / "hour.svg").write_text(draw(minutes.rows))
    first, last = minutes.rows[1:11], minutes.rows[-10:]
    return {
        "minutes": len(minutes.rows),
        "requests": minutes.requests,
        **{
            name: {
                "first ten": round(median(row[name] for row in first), 2),
                "last ten": round(median(row[name] for row in last), 2),
            }
            for name in minutes.rows[0]
        },
    }


class _Until:
    """Ends a session at a media time (ns)."""

    def __init__(self, end: int) -> None:
        self._end = end
        self.stop: Callable[[], None] = lambda: None

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        if micro_turn.span.end >= self._end:
            self.stop()

    def close(self) -> None:
        """Nothing to release."""


WIDTH, HEIGHT, GAP, LEFT = 300.0, 120.0, 70.0, 60.0


def draw(rows: list[dict[str, float]]) -> str:
    """An SVG: each figure over the minutes, from 0 up."""
    names = list(rows[0])
    width = LEFT + len(names) * (WIDTH + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {HEIGHT + 90:.0f}"'
        ' font-family="sans-serif">',
        f'<rect width="{width:.0f}" height="{HEIGHT + 90:.0f}" fill="#fff"/>',
    ]
    for place, name in enumerate(names):
        left = LEFT + place * (WIDTH + GAP)
        values = [row[name] for row in rows]
        top = max(values) * 1.15 or 1.0
        points = " ".join(
            f"{left + WIDTH * n / max(1, len(values) - 1):.1f},{40 + HEIGHT * (1 - value / top):.1f}"
            for n, value in enumerate(values)
        )
        parts.append(f'<text x="{left}" y="26" font-size="13" font-weight="600" fill="#1f2430">{name}</text>')
        for share in (0.0, 0.5, 1.0):
            y = 40 + HEIGHT * (1 - share)
            parts.append(f'<line x1="{left}" y1="{y}" x2="{left + WIDTH}" y2="{y}" stroke="#e5e7eb"/>')
            label = f"{share * top:.3g}" if top < 1000 else f"{share * top:.0f}"
            parts.append(
                f'<text x="{left - 6}" y="{y + 4}" font-size="10" text-anchor="end" fill="#6b7280">{label}</text>'
            )
        parts.append(f'<polyline points="{points}" fill="none" stroke="#2563eb" stroke-width="2"/>')
        middle = left + WIDTH / 2
        parts.append(
            f'<text x="{middle}" y="{HEIGHT + 62}" font-size="11" text-anchor="middle" fill="#6b7280">minute</text>'
        )
    return "\n".join([*parts, "</svg>\n"])
