"""The baseline: no standing orders; once a second a language model is asked whether there is anything to say now.

The model is the best that there could be. It knows from the item what is due, and when it came to be so; it
understands every word as soon as it has been said, and forgets nothing. It may speak over the user, as an order may.
What is left is what asking costs: time until the next question, time until its answer, and the prompts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import msgspec

from duetto.bench.scenario import Scenario
from duetto.bench.scores.proactive import asked, moment_of
from duetto.bench.trial import AgentWord, ModelUse, UserSpeech
from duetto.bench.uttered import Places, speech_of, uttered
from duetto.brain.brain import BrainHandler
from duetto.brain.embedded import EmbeddedBrain
from duetto.simulation.script import Spoken
from duetto.testing.model.script import Script, tokens
from duetto.timeline.arrival import Act, Arrival, Fault
from duetto.timeline.clock import NS_PER_S, in_s, s
from duetto.timeline.command import Command, Give
from duetto.timeline.job import Job
from duetto.timeline.order import Moment, Order

PERIOD: Final = s(1)
"""ns between two questions."""
INSTRUCTIONS: Final = (
    "You take part in a spoken conversation. Once a second you are shown all that was said so far, with its times in "
    "seconds, and the time now. The user may have asked you to speak up at a moment, after a silence, at a word, or "
    "each time that something happens. If there is something that you have to say just now because of that, and that "
    "you have not said yet, say it in one short sentence, and nothing else. If the user has taken it back, or it is "
    "not time for it, answer with the single word: nothing."
)
QUESTION: Final = "Is there anything to say now?"
NOTHING: Final = "nothing"


class _User(Protocol):
    spoken: list[Spoken]
    typed: list[Spoken]


class Poller:
    """Asks once a second of media time, and has what is answered said at once: a feeder, and the application's input.

    user: whose words they are, as they are said. places: where the words lie in them. heard: what the agent has said.
    """

    def __init__(
        self, scenario: Scenario, user: _User, places: Mapping[int, Places], heard: list[AgentWord], script: Script
    ) -> None:
        self._wanted = tuple(enumerate(asked(scenario)))
        self._user, self._places, self._heard, self._script = user, places, heard, script
        self._next = PERIOD
        self._said: set[int] = set()
        self._answers: list[tuple[int, Order]] = []
        self._now = 0
        self.use = ModelUse()
        """What was asked so far."""

    # --- Feeder -----------------------------------------------------------------------------------------------

    def feed(self, until: int) -> None:
        self._now = until
        while self._next <= until:
            self._ask(self._next)
            self._next += PERIOD

    @property
    def finished(self) -> bool:
        return True

    def notices(self) -> tuple[Fault, ...]:
        return ()

    def close(self) -> None:
        """Nothing to release."""

    # --- CommandInput -----------------------------------------------------------------------------------------

    def take(self) -> tuple[Command, ...]:
        ready = [order for at, order in self._answers if at <= self._now]
        self._answers = [(at, order) for at, order in self._answers if at > self._now]
        return tuple(Give(order) for order in ready)

    # --- inside -----------------------------------------------------------------------------------------------

    def _ask(self, now: int) -> None:
        speeches = self._speeches()
        says: list[str] = []
        for n, expect in self._wanted:
            moment = moment_of(expect, speeches.get(expect.step))
            if n not in self._said and moment is not None and moment <= now:
                self._said.add(n)
                says.append(expect.says[0])
        text = ". ".join(says)
        count = len(tokens(text or NOTHING))
        prompt = len(INSTRUCTIONS) + sum(len(line) + 1 for line in self._lines(speeches, now)) + len(QUESTION)
        use = self.use
        self.use = ModelUse(use.requests + 1, use.tokens + count, characters=use.characters + prompt)
        if text:
            answered = now + self._script.first_token + round(count * NS_PER_S / self._script.rate)
            order = Order(f"answer {use.requests}", Moment(answered), f"{text}.", manner="over")
            self._answers.append((answered, order))

    def _speeches(self) -> dict[int, UserSpeech]:
        spoken = map(speech_of, self._user.spoken, uttered(self._user.spoken, self._places))
        return {speech.step: speech for speech in (*map(speech_of, self._user.typed), *spoken)}

    def _lines(self, speeches: Mapping[int, UserSpeech], now: int) -> Iterator[str]:
        """The conversation as the model is shown it, in the order of its times."""
        lines = [
            (speech.span.start, f"user: {_until(speech, now)}")
            for speech in speeches.values()
            if speech.span.start <= now
        ]
        if self._heard:
            lines.append((self._heard[0].span.start, "you: " + " ".join(word.text for word in self._heard)))
        yield from (f"({in_s(at):.1f}) {text}" for at, text in sorted(lines))
        yield f"(now {in_s(now):.1f})"


def _until(speech: UserSpeech, now: int) -> str:
    """What has been said of it by then; of a whole text the share of its time, where the times are not known."""
    if speech.words:
        return " ".join(word.text for word in speech.words if word.span.end <= now)
    share = min(1.0, (now - speech.span.start) / max(1, speech.span.duration))
    return speech.text[: round(share * len(speech.text))]


class ForgetfulHandler(BrainHandler):
    """The embedded brain, whose replies give no standing orders: it agrees, and leaves the rest to the questions."""

    def __init__(self) -> None:
        super().__init__(EmbeddedBrain())

    def handle(self, job: Job) -> Iterator[Arrival]:
        for arrival in super().handle(job):
            yield msgspec.structs.replace(arrival, orders=(), withdraw=()) if isinstance(arrival, Act) else arrival
