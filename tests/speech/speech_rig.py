"""A playout with a scripted voice behind it, driven micro-turn by micro-turn."""

from collections import deque

import numpy as np

from duetto.speech.ledger import ClauseDone, WordHeard
from duetto.speech.playout import Playout
from duetto.speech.voice import VoiceHandler
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.arrival import Fault, Speech
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span


class Rig:
    """latency: micro-turns between a request and its answer (0: within the same one)."""

    def __init__(self, settings=None, *, voice=None, delta=ms(80), latency=0):
        self.voice = voice or ScriptedVoice()
        self.handler = VoiceHandler(self.voice)
        self.playout = Playout(settings, delta=delta)
        self.delta = delta
        self.latency = latency
        self.now = 0
        self.turn = 0
        self.jobs = []
        self.answers = deque()
        self.failed = {}  # clause -> when the voice failed at it
        self.slices = []
        self.events = []

    @property
    def sound(self):
        return np.concatenate([np.zeros(0, np.int16), *self.slices])

    @property
    def words(self):
        return [event.text for event in self.events if isinstance(event, WordHeard)]

    @property
    def done(self):
        return [event.clause for event in self.events if isinstance(event, ClauseDone)]

    def ask(self):
        """One round: ask the voice, and take in what is due."""
        for job in self.playout.jobs():
            self.jobs.append(job)
            due = self.turn + self.latency
            self.answers.extend((due, arrival) for arrival in self.handler.handle(job))
        while self.answers and self.answers[0][0] <= self.turn:
            arrival = self.answers.popleft()[1]
            if isinstance(arrival, Speech):
                self.playout.supply(arrival)
            elif self.playout.fail(arrival.clause):
                self.failed[arrival.clause] = self.now

    def break_next(self):
        """The answer that is due next becomes a failure."""
        if self.answers:
            due, arrival = self.answers.popleft()
            self.answers.appendleft((due, Fault("voice", "broken", clause=arrival.clause)))

    def step(self, count=1, delta=None):
        """`count` micro-turns; returns the last slice."""
        for _ in range(count):
            self.events += self.playout.ledger.advance(self.now)
            self.ask()
            self.ask()
            end = self.now + (delta or self.delta)
            self.slices.append(self.playout.slice(Span(self.now, end)))
            self.now = end
            self.turn += 1
        self.events += self.playout.ledger.advance(self.now)
        return self.slices[-1]

    def run_out(self, limit=4000):
        """Until nothing sounds and nothing is left to say."""
        for _ in range(limit):
            self.step()
            if not self.playout.sounding and not self.playout.clauses:
                return
        raise AssertionError(f"still speaking: {self.playout.clauses}")
