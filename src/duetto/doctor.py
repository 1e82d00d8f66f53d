"""What of duetto works on this machine: each part is really tried, nothing is asked of a network."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from duetto.brain.chat.servers import ModelServer, local_servers
from duetto.timeline.clock import Stopwatch, in_ms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.console import RenderableType

Status = Literal["works", "fails", "missing"]

SENTENCE: Final = "what is seven times eight"
"""What the voice says, and the recogniser should hear, in the self check."""

EXTRAS: Final = {
    "mic": "the machine's microphone and loudspeaker, for `duetto talk`",
    "sherpa": "sherpa-onnx: streaming recognition of any words, more exact than the embedded recogniser",
    "whisper": "faster-whisper: exact recognition of whole utterances",
    "kokoro": "Kokoro: a natural voice",
    "mcp": "tools of Model Context Protocol servers, for a language model: `--mcp`",
    "vision": "RapidOCR and LiteRT: text in pictures, and bodies with their joints, where an order needs them",
    "llama": "llama.cpp: a language model in this process, from a GGUF file: `--llm model.gguf`",
    "piper": "Piper: natural voices in many languages (GPL-3)",
}
"""What each extra of the package adds; developers' extras are left out."""


class Part(msgspec.Struct, frozen=True):
    """An embedded part and how its check came out. took_ms: what the check took, loading included."""

    name: str
    status: Status
    detail: str
    took_ms: float


class Library(msgspec.Struct, frozen=True):
    """A library, and its installed version or None."""

    name: str
    version: str | None


class Extra(msgspec.Struct, frozen=True):
    """An optional part. adds: what it would add."""

    name: str
    adds: str
    libraries: tuple[Library, ...]

    @property
    def installed(self) -> bool:
        return bool(self.libraries) and all(library.version is not None for library in self.libraries)


class Machine(msgspec.Struct, frozen=True):
    """cores: that this process may use. memory_gb: of the machine, None if unknown."""

    python: str
    system: str
    cores: int
    memory_gb: float | None


class Diagnosis(msgspec.Struct, frozen=True):
    """All that was found. devices: by kind, their names, or why there are none. servers: of language models, here."""

    duetto: str
    machine: Machine
    parts: tuple[Part, ...]
    libraries: tuple[Library, ...]
    extras: tuple[Extra, ...]
    devices: dict[str, str]
    servers: tuple[ModelServer, ...] = ()

    @property
    def healthy(self) -> bool:
        """Every embedded part works."""
        return all(part.status == "works" for part in self.parts)


@dataclass(slots=True)
class _Bench:
    """What one check leaves for the next: the voice's sound is what the ears are tried on."""

    speech: NDArray[np.int16] | None = None

    def heard(self) -> NDArray[np.int16]:
        if self.speech is None:
            raise RuntimeError("the voice gave no sound to try it on")
        return self.speech


# --- the embedded parts ---------------------------------------------------------------------------------------


def _try_voice(bench: _Bench) -> str:
    """Say a sentence; keep its sound, resampled for the ears, with silence around it."""
    import numpy as np
    import soxr

    from duetto.speech.voice import make_handler
    from duetto.timeline.arrival import Speech
    from duetto.timeline.job import Speak
    from duetto.timeline.turn import MIC_RATE, VOICE_RATE

    handler = make_handler("")
    try:
        watch = Stopwatch()
        said = [a for a in handler.handle(Speak(1, SENTENCE, 10 * VOICE_RATE)) if isinstance(a, Speech)]
        took = in_ms(watch.wall_ns())
    finally:
        handler.close()
    sound = np.frombuffer(b"".join(speech.samples for speech in said), "<i2")
    if not len(sound) or not sound.any():
        raise RuntimeError("it gave no sound")
    pause = np.zeros(MIC_RATE // 2, np.int16)
    bench.speech = np.concatenate([pause, soxr.resample(sound, VOICE_RATE, MIC_RATE), pause])
    words = sum(len(speech.words) for speech in said)
    return f"espeak-ng said {words} words, {len(sound) / VOICE_RATE:.1f} s of speech in {took:.0f} ms"


def _try_voice_activity(bench: _Bench) -> str:
    """Hear the sentence in micro-turns."""
    from duetto.perception.audio.pipeline import AudioPipeline, AudioSettings
    from duetto.timeline.clock import ms
    from duetto.timeline.increment import Span
    from duetto.timeline.payload import Sound
    from duetto.timeline.timeline import Timeline
    from duetto.timeline.turn import MIC_RATE, Turn, samples_before

    sound = bench.heard()
    pipeline, timeline = AudioPipeline(AudioSettings()), Timeline()
    highest, spent, index = 0.0, 0, 0
    while samples_before(ms(80 * (index + 1)), MIC_RATE) <= len(sound):
        span = Span(ms(80 * index), ms(80 * (index + 1)))
        piece = sound[samples_before(span.start, MIC_RATE) : samples_before(span.end, MIC_RATE)]
        watch = Stopwatch()
        pipeline.step(Turn(index, 0, span, mic=piece.astype("<i2").tobytes()), timeline)
        spent += watch.wall_ns()
        heard = [edit.payload.probability for edit in timeline.drain() if isinstance(edit.payload, Sound)]
        highest = max(highest, *heard)
        index += 1
    if highest < 0.5:
        raise RuntimeError(f"it does not hear speech as speech (probability {highest:.2f})")
    return f"Silero heard the speech (probability {highest:.2f}); {in_ms(spent) / index:.1f} ms per 80 ms"


def _try_recogniser(bench: _Bench) -> str:
    """Recognise the sentence with the embedded brain's own language."""
    from duetto.brain.embedded import language
    from duetto.perception.audio.recogniser import RecogniserSettings, make_handler
    from duetto.timeline.arrival import Hypothesis
    from duetto.timeline.job import Listen

    handler = make_handler(msgspec.json.encode(RecogniserSettings(language=language())).decode())
    try:
        watch = Stopwatch()
        job = Listen(1, 0, bench.heard().astype("<i2").tobytes(), last=True)
        found = [a for a in handler.handle(job) if isinstance(a, Hypothesis)]
        took = in_ms(watch.wall_ns())
    finally:
        handler.close()
    text = " ".join(word.text for word in found[-1].words) if found else ""
    if 2 * len(set(SENTENCE.split()) & set(text.split())) < len(SENTENCE.split()):
        raise RuntimeError(f"it recognised “{text}” instead of “{SENTENCE}”")
    seconds = len(bench.heard()) / 16_000
    return f"pocketsphinx heard “{text}”; {took / seconds / 1000:.2f} of real time"


def _try_brain(bench: _Bench) -> str:
    """Ask a question."""
    from duetto.brain.brain import BrainHandler
    from duetto.brain.embedded import EmbeddedBrain
    from duetto.timeline.arrival import Clause
    from duetto.timeline.job import Ask, Context

    handler = BrainHandler(EmbeddedBrain())
    watch = Stopwatch()
    ask = Ask(1, SENTENCE, "typed", False, Context(now=0, epoch_ns=0))
    answer = " ".join(part.text for part in handler.handle(ask) if isinstance(part, Clause))
    took = in_ms(watch.wall_ns())
    if not answer:
        raise RuntimeError("it gave no answer")
    return f"“{SENTENCE}?” “{answer}”, after {took:.1f} ms"


def _try_vision(bench: _Bench) -> str:
    """Look for faces in a picture, and perceive two frames."""
    import cv2
    import numpy as np

    from duetto.perception.video.faces import VisionHandler
    from duetto.perception.video.pipeline import VideoPipeline
    from duetto.timeline.clock import ms
    from duetto.timeline.increment import Span
    from duetto.timeline.job import Look
    from duetto.timeline.timeline import Timeline
    from duetto.timeline.turn import Frame, Turn

    picture = np.full((360, 640, 3), 128, np.uint8)
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    handler = VisionHandler()
    watch = Stopwatch()
    answers = list(handler.handle(Look(0, jpeg)))
    faces = in_ms(watch.wall_ns())
    handler.close()
    if not answers:
        raise RuntimeError("the search for faces gave no answer")
    pipeline, timeline = VideoPipeline(stream="camera"), Timeline()
    watch = Stopwatch()
    for index in range(2):
        span = Span(ms(100 * index), ms(100 * (index + 1)))
        pipeline.step(Turn(index, 0, span, camera=(Frame(span.start, 640, 360, jpeg),)), timeline)
    return f"OpenCV: a frame {in_ms(watch.wall_ns()) / 2:.1f} ms, a search for faces {faces:.0f} ms"


CHECKS: Final[tuple[tuple[str, Callable[[_Bench], str]], ...]] = (
    ("voice", _try_voice),
    ("voice activity", _try_voice_activity),
    ("recogniser", _try_recogniser),
    ("brain", _try_brain),
    ("vision", _try_vision),
)


def _checked(name: str, check: Callable[[_Bench], str], bench: _Bench) -> Part:
    watch = Stopwatch()
    status: Status = "works"
    try:
        detail = check(bench)
    except ImportError as error:
        status, detail = "missing", str(error)
    except Exception as error:  # whatever is wrong with a part is what the doctor is asked for
        status, detail = "fails", f"{type(error).__name__}: {error}"
    return Part(name, status, detail, round(in_ms(watch.wall_ns()), 1))


# --- what is installed ----------------------------------------------------------------------------------------


def _installed(name: str) -> Library:
    try:
        return Library(name, version(name))
    except PackageNotFoundError:
        return Library(name, None)


def _required() -> Iterator[tuple[str, str | None]]:
    """Each library that the package asks for, with the extra that asks for it."""
    for line in requires("duetto") or []:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", line)
        if name:
            yield name[0], extra[1] if extra else None


def _devices() -> dict[str, str]:
    """Microphones and loudspeakers by PortAudio, cameras by the kernel's list."""
    from duetto.media.portaudio import sound_system
    from duetto.media.problem import MediaError

    found: dict[str, str] = {}
    try:
        devices: list[dict[str, Any]] = list(sound_system("sound").query_devices())
    except MediaError as error:
        found["microphones"] = found["loudspeakers"] = str(error)
    except Exception as error:  # a sound server may fail in its own ways
        found["microphones"] = found["loudspeakers"] = f"{type(error).__name__}: {error}"
    else:
        for kind, key in (("microphones", "max_input_channels"), ("loudspeakers", "max_output_channels")):
            found[kind] = ", ".join(device["name"] for device in devices if device[key] > 0) or "none"
    try:
        cameras = sorted(name for name in os.listdir("/dev") if re.fullmatch(r"video\d+", name))
    except OSError:
        cameras = []
    found["cameras"] = ", ".join(f"/dev/{name}" for name in cameras) or "none"
    return found


def _machine() -> Machine:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError, AttributeError):
        memory = None
    return Machine(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        cores=cores,
        memory_gb=None if memory is None else round(memory, 1),
    )


def examine() -> Diagnosis:
    """Try every embedded part, and look up what is installed. Takes a few seconds."""
    bench = _Bench()
    parts = tuple(_checked(name, check, bench) for name, check in CHECKS)
    required = list(_required())
    extras = tuple(
        Extra(extra, adds, tuple(_installed(name) for name, of in required if of == extra))
        for extra, adds in EXTRAS.items()
    )
    libraries = tuple(_installed(name) for name, of in required if of is None)
    return Diagnosis(version("duetto"), _machine(), parts, libraries, extras, _devices(), local_servers())


# --- how it is told -------------------------------------------------------------------------------------------


def as_json(diagnosis: Diagnosis) -> str:
    """The diagnosis as indented JSON, with a newline at its end."""
    whole = {**msgspec.to_builtins(diagnosis), "healthy": diagnosis.healthy}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def render(diagnosis: Diagnosis) -> RenderableType:
    """The diagnosis as tables for a terminal."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    machine = diagnosis.machine
    memory = "" if machine.memory_gb is None else f", {machine.memory_gb:g} GB of memory"
    head = Text(
        f"duetto {diagnosis.duetto}, Python {machine.python}, {machine.system}, {machine.cores} cores{memory}\n",
        "bold",
    )
    styles = {"works": "green", "fails": "red", "missing": "red"}
    parts = Table("part", "", "what was tried", "ms", title="embedded, nothing to download", title_justify="left")
    parts.columns[3].justify = "right"
    for part in diagnosis.parts:
        parts.add_row(part.name, Text(part.status, styles[part.status]), part.detail, f"{part.took_ms:.0f}")
    extras = Table("extra", "", "adds", title="extras, pip install 'duetto[NAME]'", title_justify="left")
    for extra in diagnosis.extras:
        state = Text("installed", "green") if extra.installed else Text("not installed", "bright_black")
        extras.add_row(extra.name, state, extra.adds)
    devices = Table("devices", "found", title_justify="left")
    for kind, found in diagnosis.devices.items():
        devices.add_row(kind, found)
    servers = Table("language models", "", title_justify="left")
    for server in diagnosis.servers:
        one = server.models[0] if server.models else "NAME"
        servers.add_row(f"{server.name}: {', '.join(server.models)}", f"duetto talk --llm {server.url} --model {one}")
    if not diagnosis.servers:
        servers.add_row("none on this machine's usual ports", "duetto talk --llm URL --model NAME")
    libraries = Text("libraries: ", "bright_black")
    libraries.append(", ".join(f"{library.name} {library.version or 'missing'}" for library in diagnosis.libraries))
    return Group(head, parts, extras, devices, servers, Text(), libraries)


if __name__ == "__main__":
    sys.stdout.write(as_json(examine()))
