"""A part that hangs or breaks is named in the recording, and the rest of the session goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from duetto.models.model import MicroTurn
from duetto.recording.reader import Recording
from duetto.simulation.script import After, At, Cue, Quiet, Says, Types, Walks
from duetto.testing.handlers import BrokenHandler, HungHandler
from duetto.timeline.clock import s
from duetto.timeline.increment import Increment
from duetto.timeline.payload import Heard, Line, Motion, Notice, Shown, Voicing
from duetto.workers.inline import InlineWorker
from duetto.workers.thread import ThreadWorker

SCRIPT = (
    Cue(At(s(0.5)), (Says("what is twelve times seven"),)),
    Cue(Quiet(s(1)), (Types("what is 3 times 4", 30),), s(4)),
    Cue(After(s(3)), (Walks(0.4, 1.5),)),
    Cue(After(s(3)), ()),
)


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def edits(recording: Recording, kind: type) -> list[Increment]:
    return [e for m in recording for o in m.outputs for e in o.edits if isinstance(e.payload, kind)]


def heard(recording: Recording) -> str:
    return " ".join(e.payload.text for e in edits(recording, Heard))  # type: ignore[union-attr]


def notices(recording: Recording, part: str) -> list[str]:
    return [e.payload.text for e in edits(recording, Notice) if e.payload.part == part]  # type: ignore[union-attr]


def impatient(stage: Any) -> None:
    stage.settings = replace(stage.settings, crew=replace(stage.settings.crew, patience=0.05, restarts=1))


def test_a_hung_recogniser_leaves_perception_voice_and_typing_working(stage: Any, let_go: threading.Event) -> None:
    impatient(stage)
    stage.replaced["recogniser"] = ThreadWorker("recogniser", lambda: HungHandler(let_go), stage.bell)
    recording = stage.play(SCRIPT)
    assert any("no answer" in text for text in notices(recording, "recogniser"))
    assert any("goes on without it" in text for text in notices(recording, "recogniser"))
    assert edits(recording, Voicing), "voice activity goes on"
    assert [e.payload.text for e in edits(recording, Line)] == ["what is 3 times 4"]  # type: ignore[union-attr]
    assert "12" in heard(recording), "typing is answered, aloud"
    assert edits(recording, Motion), "the camera is watched"


def test_a_broken_recogniser_is_named(stage: Any) -> None:
    stage.replaced["recogniser"] = InlineWorker("recogniser", BrokenHandler())
    recording = stage.play(SCRIPT)
    assert any("broken on purpose" in text for text in notices(recording, "recogniser"))
    assert "12" in heard(recording)


def test_a_broken_voice_leaves_the_text(stage: Any) -> None:
    stage.replaced["voice"] = InlineWorker("voice", BrokenHandler())
    recording = stage.play(SCRIPT)
    assert any("broken on purpose" in text for text in notices(recording, "voice"))
    shown = [e.payload.text for e in edits(recording, Shown)]  # type: ignore[union-attr]
    assert any("84" in text for text in shown) and any("12" in text for text in shown)
    assert not edits(recording, Heard)


def test_a_broken_brain_is_apologised_for_and_ears_and_eyes_go_on(stage: Any) -> None:
    stage.replaced["brain"] = InlineWorker("brain", BrokenHandler())
    recording = stage.play(SCRIPT)
    assert any("broken on purpose" in text for text in notices(recording, "brain"))
    assert "Sorry" in heard(recording)
    assert edits(recording, Motion)


def test_a_hung_brain_ends_no_session(stage: Any, let_go: threading.Event) -> None:
    impatient(stage)
    stage.replaced["brain"] = ThreadWorker("brain", lambda: HungHandler(let_go), stage.bell)
    recording = stage.play(SCRIPT)
    assert notices(recording, "brain") and "Sorry" in heard(recording)


def test_an_observer_that_fails_is_left_out_and_named(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from duetto.simulation.user import SimulatedUser

    def fail(self: SimulatedUser, micro_turn: MicroTurn) -> None:
        if micro_turn.index == 10:
            raise OSError("no space left")

    monkeypatch.setattr(SimulatedUser, "on_micro_turn", fail)
    recording = stage.play(SCRIPT)
    assert any("no space left" in text for text in notices(recording, "SimulatedUser"))


def test_the_voice_in_the_recording_has_no_gaps(stage: Any) -> None:
    recording = stage.play(SCRIPT[:1])
    micro_turns = list(recording)
    assert all(len(m.voice) == 2 * 960 for m in micro_turns)
    assert np.abs(np.frombuffer(b"".join(m.voice for m in micro_turns), "<i2")).max() > 1000
