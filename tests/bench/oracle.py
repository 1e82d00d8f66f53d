"""Agents made by hand: one says all that is wanted at the right time, one is silent, one never stops talking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import av
import numpy as np

from duetto.bench.cast import Cast
from duetto.bench.scenario import Scenario
from duetto.bench.stage.schedule import events_of, length_of_camera, length_of_screen
from duetto.bench.targets.target import Take
from duetto.bench.trial import AgentWord
from duetto.timeline.clock import s
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE

LAG = 0.3
"""Seconds after an event at which the oracle begins to speak."""
WORD = 0.18
"""Seconds that a word takes."""


@dataclass(frozen=True)
class Oracle:
    """Knows the truth of an item and says it. lag: seconds behind."""

    lag: float = LAG
    sees: ClassVar[bool] = True
    name: ClassVar[str] = "oracle"

    def take(self, scenario: Scenario, cast: Cast) -> Take:
        return spoken_take(scenario, self.lines(scenario))

    def lines(self, scenario: Scenario) -> list[tuple[float, str]]:
        events = events_of(scenario.camera, scenario.screen)
        said = [(2.5, "All right, I will tell you when it is so.")]
        for expect in scenario.expect:
            mine = [event for event in events if expect.name in ("", event.name)]
            if expect.kind == "count":
                times = [event.at for event in mine if event.what == "repeat"]
                said += [(at + self.lag, f"{n}.") for n, at in enumerate(times, 1)]
            elif expect.kind == "span":
                said += [(event.at + self.lag, "Start.") for event in mine if event.what == "starts"]
                said += [(event.at + self.lag, "Stop.") for event in mine if event.what == "stops"]
            elif expect.kind == "watch":
                wanted = [event for event in mine if event.what == expect.event and event.at >= expect.since]
                said += [(event.at + self.lag, f"{expect.says[0]}!") for event in wanted]
        return sorted(said)


class Silent(Oracle):
    name = "silent"

    def lines(self, scenario: Scenario) -> list[tuple[float, str]]:
        return []


class Talker(Oracle):
    name = "talker"

    def lines(self, scenario: Scenario) -> list[tuple[float, str]]:
        return [(4.0 + 1.5 * n, "I see, go on with it please.") for n in range(int((length(scenario) - 4) / 1.5))]


def length(scenario: Scenario) -> float:
    camera, screen = scenario.camera, scenario.screen
    return max(length_of_camera(camera) if camera else 0.0, length_of_screen(screen) if screen else 0.0)


def spoken_take(scenario: Scenario, lines: Iterable[tuple[float, str]]) -> Take:
    """A tone for each line, a word every `WORD` seconds."""
    sound = np.zeros(round(length(scenario) * VOICE_RATE) + VOICE_RATE, np.int16)
    words: list[AgentWord] = []
    for at, text in lines:
        parts = text.split()
        begin = round(at * VOICE_RATE)
        sound[begin : begin + round(len(parts) * WORD * VOICE_RATE)] = 4000
        words += [AgentWord(part, Span(s(at + n * WORD), s(at + (n + 1) * WORD))) for n, part in enumerate(parts)]
    return Take(np.zeros(len(sound), np.int16), sound, (), tuple(words))


def write_clip(path: Path, pictures: Iterable[np.ndarray], rate: int = 10) -> Path:
    """A video file of pictures."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for picture in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")))
        out.mux(stream.encode())
    return path
