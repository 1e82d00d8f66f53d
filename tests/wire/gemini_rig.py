"""A Gemini Live connection on a fake host, with everything that it sends."""

from __future__ import annotations

import base64
import json

import cv2
import numpy as np

from duetto.models.model import MicroTurn, Timing
from duetto.testing.seat import FakeHost, FakeSeat
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.wire.gemini_live import GeminiWire
from duetto.wire.happening import Happening

DELTA = ms(40)
MODEL = "models/gemini-live"


class Store:
    """Keeps every conversation, under handles that are easily guessed."""

    def __init__(self, keeps: bool = True) -> None:
        self.kept: dict[str, FakeSeat] = {}
        self.detached: list[FakeSeat] = []
        self.keeps = keeps

    def issue(self, seat: FakeSeat) -> str:
        self.kept[f"handle-{seat.id}"] = seat
        return f"handle-{seat.id}"

    def resume(self, handle: str) -> FakeSeat | None:
        return self.kept.get(handle)

    def detach(self, seat: FakeSeat) -> bool:
        self.detached.append(seat)
        return self.keeps


class Rig:
    def __init__(self, store: Store | None = None, host: FakeHost | None = None) -> None:
        self.host = host or FakeHost()
        self.sent: list[dict] = []
        self.faults: list[tuple[int, str]] = []
        self.wire = GeminiWire(self.host, self._send, lambda *fault: self.faults.append(fault), resumption=store)
        self.now = 0

    def _send(self, message: bytes) -> None:
        self.sent.append(json.loads(message))

    @property
    def seat(self) -> FakeSeat:
        return self.host.seats[-1]

    @property
    def reason(self) -> str:
        (fault,) = self.faults
        return fault[1]

    def say(self, **message) -> list[dict]:
        """One client message; returns what was sent to it."""
        return self.raw(json.dumps(message))

    def raw(self, message: str | bytes) -> list[dict]:
        before = len(self.sent)
        self.wire.receive(message)
        return self.sent[before:]

    def set_up(self, **setup) -> FakeSeat:
        self.say(setup={"model": MODEL, **setup})
        assert not self.faults, self.faults
        return self.seat

    def happen(self, *happenings: Happening, after: int = DELTA) -> list[dict]:
        """A micro-turn that ends `after` ns after the one before; returns what was sent."""
        before = len(self.sent)
        span = Span(self.now + after - DELTA, self.now + after)
        self.now += after
        if self.host.seats:
            self.seat.now = self.now
        turn = MicroTurn(0, span, (), (), b"", Timing(0, 0, 0, {}, {}))
        self.wire.happen(happenings, turn)
        return self.sent[before:]


def content(**inside) -> dict:
    return {"serverContent": inside}


def part(**inside) -> dict:
    return content(modelTurn={"role": "model", "parts": [inside]})


def b64(data: bytes, url_safe: bool = False) -> str:
    return (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()


def audio(samples=(1, -2, 3), rate: int | None = 16_000, url_safe: bool = False) -> dict:
    mime = "audio/pcm" if rate is None else f"audio/pcm;rate={rate}"
    return {"data": b64(np.array(samples, "<i2").tobytes(), url_safe), "mimeType": mime}


def picture(kind: str = ".jpg") -> bytes:
    image = np.zeros((24, 32, 3), np.uint8)
    image[:, 16:] = (10, 200, 90)
    return bytes(cv2.imencode(kind, image)[1])


DONE = [
    content(generationComplete=True),
    content(turnComplete=True, interactionStatus="IDLE"),
]
CUT = [content(interrupted=True), content(turnComplete=True, interactionStatus="IDLE")]
