"""The shared workers of an engine, real ones: spoken to, killed, given up, in real time."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator

import numpy as np
import pytest
from engine_rig import Guest

from duetto.assembly import Settings, with_chat
from duetto.brain.chat.model import CallRequest
from duetto.brain.chat.settings import ChatSettings
from duetto.engine import Engine, EngineSettings, Opening, SharedStaff
from duetto.testing.model import Rule, Script, ScriptedChat
from duetto.timeline.clock import VirtualClock, ms
from duetto.timeline.command import Say
from duetto.timeline.turn import VOICE_RATE, Samples
from duetto.wire.happening import (
    Noticed,
    ReplyBegan,
    ReplyEnded,
    ReplySound,
    ReplyText,
    TurnBegan,
    TurnEnded,
    TurnWords,
)
from duetto.workers.shared import Hub

LONG_S = 60.0
"""Seconds after which something that should have happened has not."""


@pytest.fixture(scope="module")
def staff() -> Iterator[SharedStaff]:
    made = SharedStaff(Settings())
    made.wait_ready()
    yield made
    made.close()


def hub(staff: SharedStaff, part: str) -> Hub:
    return next(hub for hub in staff._hubs if hub.part == part)


def kill(staff: SharedStaff, part: str) -> None:
    os.kill(hub(staff, part).line.worker.pid, signal.SIGKILL)  # type: ignore[attr-defined]


class House:
    """An engine on the event loop and the wall clock."""

    def __init__(self, staff: SharedStaff, settings: Settings) -> None:
        self.engine = Engine(settings, staff, engine=EngineSettings(most=16, headroom=1.0))

    def guest(self, opening: Opening | None = None) -> Guest:
        return Guest(self.engine.open(opening or Opening()))

    async def say(self, guest: Guest, sound: Samples) -> None:
        """At the pace of time, as a microphone gives it."""
        loop = asyncio.get_running_loop()
        block, at = VOICE_RATE // 50, loop.time()
        for first in range(0, len(sound), block):
            guest.seat.hear(sound[first : first + block], VOICE_RATE)
            at += 0.02
            await asyncio.sleep(max(0.0, at - loop.time()))

    async def until(self, reached: Callable[[], object], what: str) -> None:
        for _ in range(round(LONG_S / 0.02)):
            if reached():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{what}: not within {LONG_S:g} s")


def held(staff: SharedStaff, talk: Callable[[House], Awaitable[None]], settings: Settings | None = None) -> None:
    """Hold this talk on an engine, whose staff outlives it."""

    async def main() -> None:
        house = House(staff, settings or Settings())
        running = asyncio.create_task(house.engine.run())
        try:
            await talk(house)
        finally:
            for seat in house.engine.seats:
                seat.close()
            house.engine._closed = True
            await running

    asyncio.run(main())


def texts(guest: Guest) -> str:
    return " ".join(text.text for text in guest.all(ReplyText))


def noticed(guest: Guest, part: str) -> list[Noticed]:
    return [one for one in guest.all(Noticed) if one.part == part]


@pytest.mark.wallclock
def test_a_spoken_question_is_heard_and_answered_by_the_real_parts(staff: SharedStaff, spoken) -> None:
    async def talk(house: House) -> None:
        guest, quiet = house.guest(), house.guest()
        await house.say(guest, np.concatenate([np.zeros(9600, np.int16), spoken("what is two plus two")]))
        await house.until(lambda: guest.all(ReplyEnded), "an answer")
        assert "4" in texts(guest)
        (ended,) = guest.all(ReplyEnded)
        assert ended.how == "done"
        await house.until(lambda: guest.all(TurnWords)[-1].final, "the last words")
        assert guest.all(TurnWords)[-1].text == "what is two plus two"
        sound = np.concatenate([np.frombuffer(one.samples, "<i2") for one in guest.all(ReplySound)])
        assert len(sound) > VOICE_RATE // 4 and float(np.abs(sound).max()) > 1000
        kinds = [type(one) for one in guest.story]
        assert kinds.index(TurnBegan) < kinds.index(TurnEnded) < kinds.index(ReplyBegan) < kinds.index(ReplySound)
        assert not quiet.all(TurnBegan) and not quiet.all(ReplyBegan)
        assert not guest.all(Noticed)

    held(staff, talk)


@pytest.mark.wallclock
def test_a_voice_of_its_own_and_a_pace_of_its_own(staff: SharedStaff) -> None:
    async def talk(house: House) -> None:
        slow, quick = house.guest(), house.guest(Opening(voice="en-us+f2", speed=2.0))
        for guest in (slow, quick):
            guest.seat.command(Say("One two three four five six seven."))
        await house.until(lambda: slow.all(ReplyEnded) and quick.all(ReplyEnded), "both have been said")
        length = [sum(len(one.samples) for one in guest.all(ReplySound)) for guest in (slow, quick)]
        assert length[1] < 0.7 * length[0]

    held(staff, talk)


@pytest.mark.wallclock
@pytest.mark.parametrize("part", ["voice", "recogniser"])
def test_a_worker_that_is_killed_is_noticed_and_everything_else_goes_on(staff: SharedStaff, part: str, spoken) -> None:
    async def talk(house: House) -> None:
        guest, other = house.guest(), house.guest()
        if part == "voice":
            guest.seat.command(Say("One two three four five six seven eight nine ten eleven twelve thirteen."))
            await house.until(lambda: guest.all(ReplySound), "the first sound")
        else:
            await house.say(guest, spoken("what is two plus two")[: VOICE_RATE // 2])
        kill(staff, part)
        for one in (guest, other):
            one.seat.type_line("what is three plus three")
        await house.until(lambda: "6" in texts(guest) or part == "voice", "an answer to a line")
        await house.until(lambda: noticed(guest, part), "a notice")
        assert "begun anew" in noticed(guest, part)[0].text
        await house.until(lambda: hub(staff, part).standing, "the worker stands again")
        for one in (guest, other):
            await house.until(lambda one=one: len(one.all(ReplyBegan)) == len(one.all(ReplyEnded)), "silence")
            one.story.clear()
            await house.say(one, np.concatenate([np.zeros(36_000, np.int16), spoken("what is two plus two")]))
            await house.until(lambda one=one: "4" in texts(one) and one.all(ReplySound), "an answer")
        assert guest.seat.ended is None and other.seat.ended is None

    held(staff, talk)


@pytest.mark.wallclock
def test_conversations_that_come_and_go_leave_nothing_with_the_workers(staff: SharedStaff) -> None:
    async def talk(house: House) -> None:
        for _ in range(6):
            guests = [house.guest() for _ in range(8)]
            for guest in guests:
                guest.seat.type_line("what is two plus two")
            await house.until(lambda guests=guests: all(guest.all(ReplySound) for guest in guests), "answers")
            for guest in guests:
                guest.seat.close()
        assert house.engine.seats == ()
        for each in staff._hubs:
            assert each.seats == 0 and each.behind() == 0
            assert not each._desks and not each._tickets

    held(staff, talk)


def test_a_language_model_and_its_tools_are_shared_too() -> None:
    def weather(place: str) -> str:
        """The weather."""
        return "rain"

    rules = (
        Rule("weather", "Let me see.", (CallRequest("weather", '{"place": "Dresden"}'),)),
        Rule("rain", "It rains.", outcome=True),
    )
    model = ScriptedChat(Script(rules, first_token=ms(20), rate=400.0))
    settings = with_chat(Settings(), ChatSettings("scripted"))
    staff = SharedStaff(settings, tools=[weather], model=lambda _: model)
    try:
        staff.wait_ready()

        async def talk(house: House) -> None:
            guest = house.guest()
            guest.seat.type_line("what is the weather")
            await house.until(lambda: "It rains." in texts(guest), "the outcome is told")

        held(staff, talk, settings)
    finally:
        staff.close()


def test_tools_without_a_language_model_are_refused_and_nothing_is_left_running() -> None:
    def weather() -> str:
        """The weather."""
        return "rain"

    with pytest.raises(ValueError, match="tools: the embedded brain calls none"):
        SharedStaff(Settings(), tools=[weather])


def test_an_engine_that_is_closed_closes_its_staff() -> None:
    staff = SharedStaff(Settings())
    engine = Engine(Settings(), staff, clock=VirtualClock())
    seat = engine.open(Opening())
    workers = [hub(staff, part).line.worker.pid for part in ("recogniser", "voice")]  # type: ignore[attr-defined]
    engine.close("enough")
    assert seat.ended == "enough"
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
