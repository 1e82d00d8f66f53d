"""A rich conversation made of micro-turns by hand: everything that a recording and its picture can hold."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from duetto.interaction.action import (
    Action,
    AskBrain,
    DropReply,
    Duck,
    EndTurn,
    Hold,
    KeepReply,
    PlanClause,
    Restore,
    Resume,
    Show,
    Tell,
    Watch,
)
from duetto.models.model import MicroTurn, Output, Timing
from duetto.recording.format import SessionInfo
from duetto.timeline.arrival import Arrival, Fault, Gist, Hypothesis, Speech, SpokenWord, TimedWord
from duetto.timeline.clock import VIRTUAL_EPOCH_NS, ms
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Ask, Context, Job, Listen, Look, Remark, Speak
from duetto.timeline.order import Interval, Order
from duetto.timeline.payload import (
    Colours,
    Face,
    Heard,
    Light,
    Line,
    Motion,
    Notice,
    Planned,
    Scene,
    Shown,
    Sound,
    Typing,
    Voicing,
    Word,
)
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Frame, Key, Turn, samples_before

DELTA = ms(80)
EMPTY_TIMING = Timing(0, 0, 0, {}, {})
STRETCH = Order("stretch", Interval(start=ms(21_500), period=ms(4_000)), "Stretch.")


def info(title: str = "a conversation") -> SessionInfo:
    sources = {"mic": "user.wav", "camera": "figure", "keys": "keys.jsonl"}
    return SessionInfo("0.1.0", DELTA, VIRTUAL_EPOCH_NS, {"horizon": ms(400)}, title, sources)


class Script:
    """Collects what happens when, and cuts it into micro-turns."""

    def __init__(self, seconds: float, seed: int = 7) -> None:
        self.length = ms(seconds * 1000)
        self.timeline = Timeline()
        self.mic = np.zeros(samples_before(self.length, MIC_RATE) + MIC_RATE, np.int16)
        self.voice = np.zeros(samples_before(self.length, VOICE_RATE) + VOICE_RATE, np.int16)
        self.random = np.random.default_rng(seed)
        self.happenings: list[tuple[int, Callable[[int], None]]] = []
        self.actions: list[tuple[int, Action]] = []
        self.arrivals: list[tuple[int, Arrival]] = []
        self.jobs: list[tuple[int, Job]] = []
        self.keys: list[Key] = []
        self.texts: list[tuple[int, str]] = []
        self.open: dict[str, Increment] = {}

    # --- what happens -----------------------------------------------------------------------------------------

    def at(self, milliseconds: float, happening: Callable[[int], None]) -> None:
        self.happenings.append((ms(milliseconds), happening))

    def decide(self, milliseconds: float, *actions: Action) -> None:
        self.actions += [(ms(milliseconds), action) for action in actions]

    def sounds(self, into: np.ndarray, rate: int, start: float, end: float, level: float, pitch: float) -> None:
        """Something like a syllable or two: harmonics under a swelling envelope, with a little breath."""
        first, last = int(start * rate / 1000), int(end * rate / 1000)
        t = np.arange(last - first) / rate
        shape = np.sin(np.pi * np.linspace(0, 1, last - first)) ** 0.6
        shape *= 0.6 + 0.4 * np.sin(2 * np.pi * (4 + self.random.random() * 3) * t + self.random.random() * 6)
        tone = sum(np.sin(2 * np.pi * pitch * k * t + k) / k for k in range(1, 9))
        tone = tone + 0.4 * self.random.standard_normal(last - first)
        into[first:last] = np.clip(tone * shape * level * 9000, -32767, 32767).astype(np.int16)

    def user(self, utterance: int, words: str, start: float, *, pace: float = 82, wrong: dict[int, str] | None = None):
        """The user says it; each word is a partial that is recognised late, some of them wrong at first."""
        wrong = wrong or {}
        times, now = [], start
        for word in words.split():
            length = pace * (1.4 + 0.55 * len(word))
            times.append((word, now, now + length))
            self.sounds(self.mic, MIC_RATE, now, now + length * 0.93, 0.6 + 0.3 * self.random.random(), 190)
            now += length
        end = now
        self.at(
            start + 70, lambda at: self._add(f"voicing {utterance}", "mic", start, start + 80, Voicing(), at, "silero")
        )
        for place, (word, begin, stop) in enumerate(times):
            name = f"word {utterance} {place}"
            first = wrong.get(place, word)
            self.at(stop + 180, self._adder(name, "mic", begin, stop, Word(first, 0.6, utterance), "pocketsphinx"))
            if first != word:
                self.at(stop + 420, self._reviser(name, "mic", begin, stop, Word(word, 0.9, utterance)))
            self.at(max(end + 430, stop + 440), self._committer(name, "mic"))
        self.at(end + 240, lambda at: self._commit(f"voicing {utterance}", "mic", at, Span(ms(start), ms(end))))
        heard = tuple(TimedWord(w, ms(a), ms(b), 0.9) for w, a, b in times)
        self.arrivals.append((ms(end + 300), Hypothesis(utterance, heard, ms(end), True)))
        self.jobs.append((ms(start + 80), Listen(utterance, ms(start), self.mic[:640].tobytes())))
        self.decide(end + 440, EndTurn(utterance))
        return end

    def agent(self, reply: int, clause: int, text: str, start: float, *, cut: float | None = None, pace: float = 80):
        """Duetto says it; words that begin after `cut` (ms) are never heard."""
        now = start
        self.at(
            start - 120, self._adder(f"clause {clause}", "voice", start, start, Planned(text, reply, clause), "plan")
        )
        self.decide(start - 120, PlanClause(clause, reply, text))
        spoken, until = [], start
        for word in text.split():
            length = pace * (1.4 + 0.5 * len(word))
            if cut is not None and now + length > cut:
                break
            self.sounds(self.voice, VOICE_RATE, now, now + length * 0.94, 0.55 + 0.25 * self.random.random(), 110)
            heard = Heard(word, reply, clause)
            self.at(now + length, self._adder(None, "voice", now, now + length, heard, "ledger"))
            spoken.append(SpokenWord(word, int((now - start) * 24), int((now - start + length) * 24)))
            now = until = now + length
            if word.endswith((",", ".", ";")):
                now += 130
        name = f"clause {clause}"
        if cut is None:
            self.at(until, self._committer(name, "voice"))
        else:
            self.at(cut, lambda at: self._revoke(name, "voice", at))
        samples = self.voice[int(start * 24) : int(until * 24)].tobytes()
        self.arrivals.append((ms(start - 100), Speech(clause, samples, tuple(spoken), True)))
        self.jobs.append((ms(start - 120), Speak(clause, text, 9600)))
        return until

    def duck(self, start: float, end: float) -> None:
        piece = self.voice[int(start * 24) : int(end * 24)]
        piece[:] = (piece * 0.3).astype(np.int16)

    def types(self, text: str, start: float, *, slip: tuple[int, str] | None = None, pace: float = 105) -> float:
        """Typed key by key and sent; slip: a wrong letter put in and taken out again."""
        now, line = start, ""
        for place, letter in enumerate(text):
            if slip is not None and place == slip[0]:
                self.key(now, line + slip[1], Key(ms(now), "insert", slip[1], len(line)))
                now += 2.4 * pace
                self.key(now, line, Key(ms(now), "delete", "", len(line), 1))
                now += pace
            self.key(now, line + letter, Key(ms(now), "insert", letter, len(line)))
            line += letter
            now += pace * (0.6 + 0.8 * self.random.random())
        now += 260
        self.keys.append(Key(ms(now), "send"))
        self.at(now, self._settler("typing", "keys"))
        self.at(now, lambda at: self._add(None, "keys", start, now, Line(text), at, "typing", committed=True))
        return now

    def key(self, when: float, line: str, key: Key) -> None:
        self.keys.append(key)
        self.at(when, lambda at: self._typing(when, line, at))

    def sees(self, name: str, start: float, end: float | None, payload) -> None:
        self.at(start, self._adder(name, "camera", start, start, payload, "motion"))
        if end is not None:
            self.at(end, lambda at: self._commit(name, "camera", at, Span(ms(start), ms(end))))

    def once(self, when: float, stream, payload) -> None:
        self.at(when, lambda at: self._add(None, stream, when, when, payload, at, "session", committed=True))

    # --- the timeline -----------------------------------------------------------------------------------------

    def _add(self, name, stream, start, end, payload, at, source, *, committed=False) -> None:
        made = self.timeline.add(stream, Span(ms(start), ms(end)), payload, at=at, source=source, committed=committed)
        if name is not None:
            self.open[name] = made

    def _adder(self, name, stream, start, end, payload, source):
        committed = name is None
        return lambda at: self._add(name, stream, start, end, payload, at, source, committed=committed)

    def _reviser(self, name, stream, start, end, payload):
        def revise(at: int) -> None:
            self.open[name] = self.timeline.revise(self.open[name].id, stream, Span(ms(start), ms(end)), payload, at=at)

        return revise

    def _commit(self, name, stream, at, span=None) -> None:
        self.timeline.commit(self.open.pop(name).id, stream, at=at, span=span)

    def _committer(self, name, stream):
        return lambda at: self._commit(name, stream, at)

    def _revoke(self, name, stream, at) -> None:
        self.timeline.revoke(self.open.pop(name).id, stream, at=at)

    def _settler(self, name, stream):
        return lambda at: self._revoke(name, stream, at)

    def _typing(self, when: float, line: str, at: int) -> None:
        payload, span = Typing(line, False), Span(ms(when), ms(when))
        if "typing" in self.open:
            old = self.open["typing"]
            span = Span(old.span.start, ms(when))
            self.open["typing"] = self.timeline.revise(old.id, "keys", span, payload, at=at)
        else:
            self.open["typing"] = self.timeline.add("keys", span, payload, at=at, source="typing")

    # --- micro-turns ------------------------------------------------------------------------------------------

    def micro_turns(self) -> list[MicroTurn]:
        happenings = sorted(self.happenings, key=lambda h: h[0])
        made = []
        for index in range(self.length // DELTA):
            span = Span(index * DELTA, (index + 1) * DELTA)
            mic = self.mic[samples_before(span.start, MIC_RATE) : samples_before(span.end, MIC_RATE)]
            sound = Sound(0.97 if np.abs(mic).max() > 500 else 0.02, float(np.abs(mic).mean() / 327 - 60), None)
            self.timeline.add("mic", span, sound, at=span.end, source="silero", committed=True)
            while happenings and happenings[0][0] < span.end:
                happenings.pop(0)[1](span.end)

            def due(items, span=span):
                return tuple(item for when, item in items if span.start <= when < span.end)

            arrivals = due(self.arrivals)
            turns = [
                Turn(
                    index,
                    0,
                    span,
                    mic=mic.astype("<i2").tobytes(),
                    camera=self._frames(span),
                    keys=tuple(k for k in self.keys if span.start <= k.at < span.end),
                    arrivals=arrivals[:1],
                )
            ]
            outputs = [Output(span.end, self.timeline.drain(), due(self.actions), due(self.jobs), due(self.texts))]
            if len(arrivals) > 1:
                turns.append(Turn(index, 1, span, arrivals=arrivals[1:]))
                outputs.append(Output(span.end))
            voice = self.voice[samples_before(span.end, VOICE_RATE) : samples_before(span.end + DELTA, VOICE_RATE)]
            timing = Timing(0, 1_000_000 + index, 0, {"perception": 400_000}, {"voice": 1})
            made.append(MicroTurn(index, span, tuple(turns), tuple(outputs), voice.astype("<i2").tobytes(), timing))
        return made

    def _frames(self, span: Span) -> tuple[Frame, ...]:
        first, last = -(-span.start // ms(100)), -(-span.end // ms(100))
        return tuple(picture(n * ms(100)) for n in range(first, last))


def picture(at: int) -> Frame:
    """A room with a figure that walks in from the left at 13 s and lifts an arm."""
    image = np.full((90, 160, 3), (205, 214, 222), np.uint8)
    cv2.rectangle(image, (0, 66), (160, 90), (150, 168, 180), -1)
    cv2.rectangle(image, (108, 14), (146, 44), (240, 226, 196), -1)
    seconds = at / 1e9
    if seconds > 13:
        x = int(min(46, -10 + 56 * (seconds - 13)))
        cv2.circle(image, (x, 30), 9, (120, 150, 214), -1)
        cv2.ellipse(image, (x, 62), (13, 24), 0, 0, 360, (120, 84, 60), -1)
        lift = int(16 * np.sin(max(0.0, seconds - 13.6) * 5))
        cv2.line(image, (x + 8, 50), (x + 24, 46 - lift), (120, 84, 60), 5)
    good, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert good
    return Frame(at, 160, 90, jpeg.tobytes())


def conversation(seconds: float = 29) -> list[MicroTurn]:
    """What is asked, answered, typed, seen, talked over, cut off and done by itself, in 29 s."""
    s = Script(seconds)
    end = s.user(1, "what time is it please", 500, wrong={1: "dime", 3: "his"})
    s.decide(end - 300, AskBrain(1, "what time is it", "spoken", True))
    s.decide(end + 100, DropReply(1), AskBrain(2, "what time is it please", "spoken", True))
    s.jobs.append((ms(end + 100), Ask(2, "what time is it", "spoken", True, Context(0, 0, (Remark("user", "hi", 5),)))))
    s.arrivals.append((ms(end + 120), Gist(2, "whole")))
    s.decide(end + 260, KeepReply(2))
    s.agent(2, 1, "It is ten o'clock in the morning.", end + 330)

    end = s.user(2, "read me the story", 4300, wrong={2: "a", 3: "glory"})
    s.decide(end + 120, AskBrain(3, "read me the story", "spoken", False), KeepReply(3))
    start = end + 420
    start = s.agent(3, 2, "Once upon a time there was a fox who lived in the old wood,", start) + 160
    start = s.agent(3, 3, "and every morning the fox went down to the river,", start) + 160
    s.types("make it a bear", 7300, slip=(6, "z"))
    mm = s.user(3, "mhm", 9700)
    s.decide(9840, Duck())
    s.duck(9900, mm + 300)
    s.decide(mm + 280, Restore())
    start = s.agent(3, 4, "where the bear, for now it is a bear, drank the cold clear water,", start) + 160
    cut = start + 1250
    s.agent(3, 5, "and sang a song that nobody in the village had ever heard before.", start, cut=cut)
    s.at(cut - 500, s._adder("clause 6", "voice", cut, cut, Planned("The end.", 3, 6), "plan"))
    s.at(cut, lambda at: s._revoke("clause 6", "voice", at))
    s.user(4, "stop please", cut - 420)
    s.decide(cut - 320, Duck())
    s.duck(cut - 280, cut)
    s.decide(cut - 60, Hold())
    s.decide(cut + 420, DropReply(3))

    s.sees("face", 13_500, 20_900, Face((0.2, 0.2, 0.1, 0.2)))
    s.sees("motion", 13_100, 15_700, Motion("left third", 0.3))
    s.sees("motion 2", 16_900, 18_000, Motion("middle third", 0.1))
    s.once(13_080, "camera", Scene(0.6))
    s.once(400, "camera", Light(0.8, "bright"))
    s.once(22_000, "camera", Light(0.2, "dark"))
    s.once(420, "camera", Colours(("grey", "blue")))

    end = s.user(5, "remind me every four seconds to stretch", 19_000, wrong={2: "very", 6: "stress"})
    s.decide(end + 140, AskBrain(5, "remind me every four seconds to stretch", "spoken", False), KeepReply(5))
    s.decide(end + 160, Watch(STRETCH))
    s.agent(5, 7, "I will.", end + 360)
    s.agent(6, 8, "Stretch.", 25_500)
    s.user(6, "thank you duetto", 25_300, wrong={2: "do"})

    fault = Fault("recogniser", "The recogniser has not answered for 2 s.")
    s.arrivals.append((ms(24_000), fault))
    s.decide(24_000, Tell(fault.part, fault.text))
    s.once(24_000, "acts", Notice(fault.part, fault.text))
    s.decide(9_000, Show("Noted: a bear."))
    s.texts.append((ms(9_050), "Noted: a bear."))
    s.once(9_050, "text", Shown("Noted: a bear."))
    s.decide(12_900, Hold())
    s.decide(13_060, Resume())
    s.jobs.append((ms(13_500), Look(ms(13_500), picture(ms(13_500)).jpeg)))
    return s.micro_turns()
