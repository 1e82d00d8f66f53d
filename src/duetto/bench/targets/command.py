"""Any command that turns a user's WAV into an agent's WAV.

A command cannot be reacted to while it runs, and the simulated user reacts. So the item is played again and again:
each time the user hears what the agent said to the sound of the time before, until the user does the same twice. A
command that says the same to the same beginning is through after as many runs as the item has steps, and one more.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import soundfile
import soxr

from duetto.bench.cast import Cast, script_for
from duetto.bench.scenario import LONGEST, Scenario
from duetto.bench.targets.target import Take
from duetto.bench.transcribe import transcribe
from duetto.bench.trial import AgentWord
from duetto.bench.uttered import Places, places, uttered
from duetto.perception.audio.recogniser import RecogniserSettings
from duetto.simulation.script import Cue, Spoken
from duetto.simulation.user import SimulatedUser
from duetto.simulation.voice import reading
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE, Samples, samples_before

SLICE = ms(20)
"""How finely (ns) the user listens."""


class CommandFailed(RuntimeError):
    """The command ended badly, or left no sound that can be read."""


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """command: with {user} and {agent} where the two paths go; run without a shell.

    Beside AGENT.wav the command may leave AGENT.json with the words as Full-Duplex-Bench has them: {"chunks":
    [{"text": …, "timestamp": [start_s, end_s]}]}. Otherwise `transcriber` makes them from the sound. tail: seconds of
    room noise after the user's last step. patience: seconds that one run may take.
    """

    command: str
    transcriber: RecogniserSettings = field(default_factory=lambda: RecogniserSettings(open_vocabulary=True))
    tail: float = 6.0
    patience: float = 300.0

    def __post_init__(self) -> None:
        for place in ("{user}", "{agent}"):
            if place not in self.command:
                raise ValueError(f"command: {place} is missing in {self.command!r}")

    @property
    def name(self) -> str:
        return self.command

    def take(self, scenario: Scenario, cast: Cast) -> Take:
        script = script_for(scenario, cast)
        voices = _read(scenario, cast)
        with tempfile.TemporaryDirectory(prefix="duetto-bench-") as folder:
            agent, words = np.zeros(0, np.int16), tuple[AgentWord, ...]()
            before: tuple[Spoken, ...] | None = None
            for _ in range(len(scenario.steps) + 2):
                user, spoken = self._user(script, voices, scenario.noise, agent, words)
                if spoken == before:
                    break
                before = spoken
                agent, words = self._answer(user, Path(folder))
        return Take(user, agent, spoken, words, uttered=uttered(spoken, _places(scenario, cast)))

    def _user(
        self,
        script: Sequence[Cue],
        voices: dict[str, dict[str, Samples]],
        noise: float,
        agent: Samples,
        words: tuple[AgentWord, ...],
    ) -> tuple[Samples, tuple[Spoken, ...]]:
        """The user's sound when the agent's is this, and what is said in it."""
        tape = _Tape()
        others = {who: said.__getitem__ for who, said in voices.items() if who != "user"}
        user = SimulatedUser(script, voices["user"].__getitem__, others=others, mic=tape, noise_db=noise)
        now, waiting = 0, list(words)
        while now < s(LONGEST) and not user.finished:
            user.feed(now + SLICE)
            first, last = samples_before(now, VOICE_RATE), samples_before(now + SLICE, VOICE_RATE)
            said = [word.text for word in waiting if word.span.end <= now]
            waiting = waiting[len(said) :]
            sound = agent[first:last]
            user.hear(now, np.concatenate([sound, np.zeros(last - first - len(sound), np.int16)]), said)
            now += SLICE
        rest = np.random.default_rng(2).normal(
            0.0, 32767 * 10 ** (noise / 20), samples_before(s(self.tail), VOICE_RATE)
        )
        return np.concatenate([*tape.sound, rest.astype(np.int16)]), tuple(user.spoken)

    def _answer(self, user: Samples, folder: Path) -> tuple[Samples, tuple[AgentWord, ...]]:
        """Run the command on a sound. Raises CommandFailed."""
        paths = {"{user}": folder / "user.wav", "{agent}": folder / "agent.wav"}
        soundfile.write(paths["{user}"], user, VOICE_RATE, subtype="PCM_16")
        told = folder / "agent.json"
        for old in (paths["{agent}"], told):
            old.unlink(missing_ok=True)
        command = [_filled(part, paths) for part in shlex.split(self.command)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=self.patience, check=False, text=True)
        except subprocess.TimeoutExpired:
            raise CommandFailed(f"{command[0]}: not done within {self.patience:g} s") from None
        except OSError as error:
            raise CommandFailed(f"{command[0]}: {error.strerror}") from None
        if done.returncode:
            raise CommandFailed(f"{command[0]}: status {done.returncode}: {done.stderr.strip()[-300:]}")
        try:
            sound, rate = soundfile.read(paths["{agent}"], dtype="int16", always_2d=True)
        except (soundfile.LibsndfileError, OSError):
            raise CommandFailed(f"{command[0]}: it left no sound that can be read as {{agent}}") from None
        mono = np.ascontiguousarray(sound[:, 0])
        agent = mono if rate == VOICE_RATE else soxr.resample(mono, rate, VOICE_RATE).astype(np.int16)
        return agent, _told(told) if told.exists() else transcribe(agent, self.transcriber)


class _Tape:
    def __init__(self) -> None:
        self.sound: list[Samples] = []

    def push(self, samples: Samples) -> None:
        self.sound.append(samples)

    def close(self) -> None:
        """Nothing to release."""


def _read(scenario: Scenario, cast: Cast) -> dict[str, dict[str, Samples]]:
    """All texts of the item, read once each: by who, then by text."""
    said: dict[str, dict[str, Samples]] = {"user": {}}
    for who in sorted({step.who for step in scenario.steps}):
        texts = [step.says for step in scenario.steps if step.who == who and step.says]
        with reading(cast.user if who == "user" else cast.others[who]) as reader:
            said[who] = {piece.strip(): reader(piece.strip()) for text in texts for piece in text.split("…")}
    return said


def _places(scenario: Scenario, cast: Cast) -> Mapping[int, Places]:
    """Where the user's words lie, of an item in which it matters."""
    if not any(expect.kind in ("cue", "translated") for expect in scenario.expect):
        return {}
    with reading(cast.user) as reader:
        return places(scenario, reader.read)


def _filled(part: str, paths: dict[str, Path]) -> str:
    for place, path in paths.items():
        part = part.replace(place, str(path))
    return part


def _told(path: Path) -> tuple[AgentWord, ...]:
    """The words that the command itself gives. Raises CommandFailed."""
    try:
        found: Any = msgspec.json.decode(path.read_bytes())
        return tuple(
            AgentWord(str(chunk["text"]).strip(), Span(s(chunk["timestamp"][0]), s(chunk["timestamp"][1])))
            for chunk in found["chunks"]
        )
    except (msgspec.DecodeError, KeyError, TypeError, IndexError, ValueError) as error:
        raise CommandFailed(f"agent.json: not words as Full-Duplex-Bench has them: {error}") from None
