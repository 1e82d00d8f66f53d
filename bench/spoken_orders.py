"""Which share of spoken standing orders does the embedded stack understand, alone and as the first thing it hears?

The orders of the development half of the suites on standing orders (`held_out`: of the other half), others that are in
no suite, and such as are made of any words, each by every voice of the bench at its own rate, pitch and level. Right is
what the embedded brain makes of the true words: the same orders, told in the same words.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from duetto.bench.cast import VOICES
from duetto.bench.runner import items_of
from duetto.bench.scenario import SHIPPED, half, load_all
from duetto.brain.embedded.embedded import EmbeddedBrain
from duetto.interaction.settings import InteractionSettings
from duetto.perception.audio.recognisers.pocketsphinx import PocketsphinxRecogniser
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.arrival import Act, Clause
from duetto.timeline.clock import Stopwatch, ms
from duetto.timeline.job import Ask, Context
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Samples, samples_at

SUITES: Final = ("time", "cue", "span", "watch", "count")
BEFORE: Final = MIC_RATE * 3 // 10
AFTER: Final = MIC_RATE * 24 // 100
PIECE: Final = MIC_RATE * 80 // 1000
ROOM: Final = 13.0
"""Noise of the room, int16 steps."""
SURE: Final = InteractionSettings().sure_alone
"""Confidence below which a request is left alone."""

OTHERS: Final = (
    "in twenty seconds say time is up",
    "in eight seconds tell me to check the oven",
    "tell me to take a break in ten minutes",
    "remind me to feed the cat in half an hour",
    "remind me in two minutes to close the window",
    "say ready in five seconds",
    "every ten seconds say keep going",
    "say hurry up every eight seconds",
    "remind me to sit straight every thirty seconds",
    "every minute tell me to look away",
    "every seven seconds say breathe in five times",
    "remind me every five seconds to smile until i say enough",
    "set a timer for two minutes",
    "start a timer for forty five seconds",
    "start a countdown of twenty seconds",
    "count down from eight seconds",
    "if i say nothing for five seconds say are you still there",
    "when i am quiet for six seconds say hello",
    "whenever nobody talks for ten seconds say wake up",
    "when i say coffee say milk and sugar",
    "whenever i say maybe say make up your mind",
    "every time i say um say think first",
    "if i mention the weather say bring an umbrella",
    "when i say good evening say welcome home",
    "whenever i say i think say are you sure",
    "when i say paris say france",
    "tell me when i say actually",
    "tell me when i have said really four times",
    "stop me whenever i say you know",
    "count how often i say right",
    "count how many times i say okay",
    "tell me when someone comes in",
    "say good morning when somebody enters",
    "say bye bye whenever someone goes out",
    "let me know when you see something move",
    "warn me when something moves on the left",
    "say who is there when someone is at the door",
    "tell me when nothing moves on my screen",
    "say look when something changes on my screen",
    "tell me when my screen says ready",
    "say finished when the screen shows passed",
    "tell me when it gets dark",
    "say thank you whenever i raise a hand",
    "tell me whenever somebody raises their hand",
    "count my lunges",
    "count my sit ups",
    "count how often i squat",
    "say well done when i have done five squats",
    "tell me when i have done ten push ups",
    "tell me when i start walking",
    "say go when i start running and stop when i stop",
    "tell me when i stop dancing",
)
"""Orders that are in no suite: to see that what is fitted to the first list holds for the kind."""
SAID: Final = {
    "chapter": "turn the page",
    "summer": "sunshine",
    "elephant": "big ears",
    "breakfast": "pancakes",
    "winter": "snow",
    "doctor": "stay healthy",
    "birthday": "congratulations",
    "computer": "turn it off",
    "weekend": "party time",
    "music": "louder please",
    "football": "goal",
    "garden": "flowers",
    "money": "spend it wisely",
    "teacher": "homework",
    "mountain": "climb it",
    "hungry": "eat something",
    "tired": "take a break",
    "library": "be quiet",
    "chicken": "egg",
    "river": "bridge",
}
DONE: Final = (
    "call the plumber",
    "water the plants",
    "buy new batteries",
    "finish the report",
    "wash the car",
    "pick up the children",
    "send the invoice",
    "clean the kitchen",
    "charge my phone",
    "take my medicine",
    "open the window",
    "read a book",
)
ANY_WORDS: Final = (
    *(f"when i say {cue} say {reply}" for cue, reply in SAID.items()),
    *(f"remind me to {thing} in ten seconds" for thing in DONE),
)
"""Orders with words that hardly any list of the embedded brain's has."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it sounds, int16 (n,) at MIC_RATE, with room before and after."""

    text: str
    voice: str
    sound: Samples


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser made of one. sure: its confidence. took: ns of machine time."""

    order: Order
    text: str
    sure: float
    took: int

    @property
    def right(self) -> bool:
        """It is understood as the true words are, and not left alone."""
        return self.sure >= SURE and (self.text == self.order.text or meaning(self.text) == meaning(self.order.text))


def meaning(text: str) -> tuple[Act | Clause, ...]:
    """What a brain with no past does and says."""
    parts = EmbeddedBrain().reply(Ask(1, text, "spoken", True, Context(0, 0)))
    return tuple(part for part in parts if isinstance(part, Act | Clause))


def is_order(text: str) -> bool:
    """A request that gives a standing order."""
    return any(isinstance(part, Act) and part.orders for part in meaning(text))


def of_suites(which: str) -> tuple[str, ...]:
    """Every spoken order of that half ("dev", "held-out") of the suites, once."""
    items = (item for item in items_of(load_all(SHIPPED, SUITES)) if half(item.place) == which)
    texts = (step.says for item in items for step in item.scenario.steps if step.says and step.who == "user")
    return tuple(text for text in dict.fromkeys(texts) if is_order(text))


def speak(texts: Iterable[str], voices: Sequence[str] = VOICES, seed: int = 1) -> list[Order]:
    """Each text by each voice, in a room."""
    found: list[Order] = []
    noise = np.random.default_rng(seed)
    for text in texts:
        dice = random.Random(f"{seed}:{text}")
        for voice in voices:
            settings = VoiceSettings(name=voice, words_per_minute=dice.randint(145, 185), pitch=dice.randint(38, 62))
            with reading(settings) as reader:
                sound = soxr.resample(reader(text), VOICE_RATE, MIC_RATE) * 10 ** (dice.uniform(-8.0, 2.0) / 20)
            sound = np.concatenate([np.zeros(BEFORE + dice.randrange(PIECE)), sound, np.zeros(AFTER)])
            sound += noise.normal(0.0, ROOM, len(sound))
            found.append(Order(text, voice, np.clip(np.rint(sound), -32768, 32767).astype(np.int16)))
    return found


def listen(recogniser: PocketsphinxRecogniser, order: Order) -> Heard:
    """As the first utterance of a session, to the pause in which its words are judged."""
    recogniser.carried = ()
    watch = Stopwatch()
    recogniser.start(ms(0))
    for first in range(0, len(order.sound), PIECE):
        recogniser.feed(order.sound[first : first + PIECE], quiet=first + PIECE >= len(order.sound))
    words = recogniser.finish()
    return Heard(order, " ".join(w.text for w in words), words[-1].confidence if words else 1.0, watch.wall_ns())


def measure(orders: Sequence[Order], recogniser: PocketsphinxRecogniser | None = None) -> dict[str, Any]:
    """All of them, one after another. recogniser: None for the one of the embedded brain's language."""
    recogniser = recogniser or PocketsphinxRecogniser(EmbeddedBrain().language())
    recogniser.shared = True
    heard = [listen(recogniser, order) for order in orders]
    length = sum(samples_at(len(order.sound), MIC_RATE) for order in orders)
    voices = dict.fromkeys(order.voice for order in orders)
    return {
        "orders": len(dict.fromkeys(order.text for order in orders)),
        "spoken": len(orders),
        "understood": round(_share(heard), 3),
        "words_right": round(sum(one.text == one.order.text for one in heard) / len(heard), 3),
        "voices": {voice: round(_share([one for one in heard if one.order.voice == voice]), 2) for voice in voices},
        "of_a_core": round(sum(one.took for one in heard) / length, 3),
        "wrong": [
            {"voice": one.order.voice, "request": one.order.text, "heard": one.text, "sure": one.sure}
            for one in heard
            if not one.right
        ],
    }


def _share(heard: Sequence[Heard]) -> float:
    return sum(one.right for one in heard) / len(heard)


def run(folder: Path) -> dict[str, Any]:
    """The development half of the suites, orders that are in none, and orders of any words."""
    lists = {"suites": of_suites("dev"), "others": OTHERS, "any_words": ANY_WORDS}
    found = {name: measure(speak(texts)) for name, texts in lists.items()}
    wrong = [row for figures in found.values() for row in figures.pop("wrong")]
    return {**found, "wrong": wrong}


def held_out(folder: Path) -> dict[str, Any]:
    """The half of the suites that nothing is fitted to."""
    return measure(speak(of_suites("held-out")))
