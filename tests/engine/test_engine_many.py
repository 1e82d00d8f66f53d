"""Conversations that come and go, and conversations that last: nothing grows."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from duetto.assembly import Settings
from duetto.engine import EngineSettings, Opening
from duetto.engine.seat import Seat
from duetto.timeline.clock import ms
from duetto.timeline.command import (
    Answer,
    Brief,
    Command,
    Discard,
    Erase,
    Manner,
    Offer,
    Over,
    Remember,
    Say,
    Stop,
    Unsay,
)
from duetto.timeline.timeline import TimelineSettings
from duetto.timeline.turn import VOICE_RATE

CONVERSATIONS = int(os.environ.get("DUETTO_CONVERSATIONS", "100"))
"""How many are opened and closed."""
MINUTES = float(os.environ.get("DUETTO_MINUTES", "1"))
"""How long the one that lasts is watched, after as long for it to fill its bounds."""


def resident() -> float:
    """MB of this process in memory, without what the C library keeps for the next to come."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such thing
        ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_conversations_that_come_and_go_leave_no_memory_and_no_open_file(hall, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("duetto.engine"), "disabled", True)  # pytest keeps what is logged
    house = hall("what is two plus two", limits=EngineSettings(most=4, headroom=1.0))

    def converse(number: int) -> None:
        first = (Manner(ends="told", answers=False),) if number % 3 else ()
        guest = house.guest(Opening(delta=ms(40 if number % 2 else 100), first=first))
        guest.seat.hear(np.zeros(VOICE_RATE // 2, np.int16), VOICE_RATE)
        guest.seat.type_line("what is two plus two")
        guest.seat.command(Remember("a", "user", "x" * 1000), Answer("a"))
        house.run(0.3)
        if number % 2:
            guest.seat.close()
        else:
            guest.seat.cascade.step = lambda turn: 1 / 0  # type: ignore[method-assign]
            house.run(0.12)
            assert guest.seat.ended is not None
        assert house.engine.seats == ()

    for number in range(20):
        converse(number)
    memory, files, threads, objects = resident(), open_files(), threading.active_count(), len(gc.get_objects())
    for number in range(CONVERSATIONS):
        converse(number)
    more = resident() - memory
    assert open_files() == files and threading.active_count() == threads
    assert abs(len(gc.get_objects()) - objects) < 100, "objects of conversations that are over"
    assert more < 4, f"{more:.1f} MB more after {CONVERSATIONS} conversations"


LITTLE = 256


def held_by(seat: Seat) -> dict[str, int]:
    """How much is in every container that a conversation has, by the names of the way to it.

    A deque that is bounded to little counts as full: it takes long to fill, and is bounded by its type.
    """
    found: dict[str, int] = {}
    seen: set[int] = set()

    def look(thing: object, name: str, depth: int) -> None:
        if id(thing) in seen or depth > 9 or isinstance(thing, str | bytes | int | float | type | None.__class__):
            return
        seen.add(id(thing))
        if isinstance(thing, np.ndarray):
            found[name] = max(found.get(name, 0), thing.size)
        elif isinstance(thing, dict):
            found[name] = len(thing)
            for value in list(thing.values())[:3]:
                look(value, name + "[]", depth + 1)
        elif hasattr(thing, "__len__") and hasattr(thing, "__iter__"):
            limit = getattr(thing, "maxlen", None)
            size = limit if limit is not None and limit <= LITTLE else len(thing)
            found[name] = max(found.get(name, 0), size)
            for value in list(thing)[:3]:
                look(value, name + "[]", depth + 1)
        elif type(thing).__module__.startswith("duetto") and not callable(thing):
            slots = [slot for kind in type(thing).__mro__ for slot in getattr(kind, "__slots__", ())]
            for attribute in [*getattr(thing, "__dict__", {}), *slots]:
                look(getattr(thing, attribute, None), f"{name}.{attribute}", depth + 1)

    look(seat, "seat", 0)
    return found


def test_a_conversation_that_lasts_grows_in_none_of_its_parts(hall, spoken) -> None:
    """Every container of it, at every depth, is as full at the end as when its bounds had been reached."""
    settings = Settings()
    cascade = replace(settings.cascade, history=20, timeline=TimelineSettings(per_kind=128))
    house = hall(*["what is two plus two"] * 100_000, settings=replace(settings, cascade=cascade))
    guest = house.guest(Opening(delta=ms(200)))
    sound = spoken("what is two plus two")
    numbers = iter(range(10**9))

    def round_of_all() -> None:
        n = next(numbers)
        told: tuple[Command, ...] = (
            Brief(f"You are {n}.", (Offer(f"f{n}"),)),
            Remember(f"r{n}", "user", f"hello {n}"),
            Remember(f"s{n}", "system", "x", b"jpeg"),
            Erase(f"told:r{n - 1}"),
            Erase(f"turn:{n}"),
            Erase(f"reply:{n}"),
            Unsay(n, n % 3),
            Answer(f"a{n}", apart=True, about="what is two plus two"),
            Answer(f"b{n}"),
            Say("Hello.", f"c{n}"),
        )
        endings: tuple[tuple[Command, ...], ...] = ((Stop(),), (Over(),), (Discard(),), (Manner(), Stop(n)))
        guest.seat.command(*told)
        guest.seat.hear(sound, VOICE_RATE)
        house.run(len(sound) / VOICE_RATE + (n % 4) * 0.4)
        guest.seat.command(*endings[n % 4])
        guest.seat.outcome(n, "x")
        guest.seat.key("insert", "abc")
        house.run(0.6)
        guest.turns.clear()
        guest.story.clear()

    def most(minutes: float) -> dict[str, int]:
        found: dict[str, int] = {}
        until = house.clock.now() + minutes * 60e9
        while house.clock.now() < until:
            round_of_all()
            for name, size in held_by(guest.seat).items():
                found[name] = max(found.get(name, 0), size)
        return found

    first, then = most(MINUTES), most(MINUTES)
    assert guest.seat.ended is None
    grown = {name: (first.get(name, 0), size) for name, size in then.items() if size > 1.3 * first.get(name, 0) + 24}
    assert not grown, grown
