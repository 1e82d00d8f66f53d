"""How people put an order: sentences, by what they are, written by somebody who had not seen what duetto understands.

Typed, so that nothing is misheard: what is measured is the language of the embedded brain.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from duetto.brain.embedded import EmbeddedBrain
from duetto.timeline.arrival import Act, Gist
from duetto.timeline.clock import VIRTUAL_EPOCH_NS, s
from duetto.timeline.job import Ask, Context

SEEN: Final = (
    ("moment", "tell me to flip the pancake in forty seconds"),
    ("moment", "could you let me know once a minute and a half is up"),
    ("moment", "remind me in a minute to take the bread out"),
    ("moment", "say cheese in three seconds"),
    ("moment", "after forty five seconds have passed tell me the tea is done"),
    ("moment", "poke me when it's been half a minute"),
    ("moment", "hang on for five seconds and then say go"),
    ("moment", "in one minute i want to hear you say stand up straight"),
    ("moment", "just say hello again in like eight seconds"),
    ("moment", "let fifty seconds go by and then say switch sides"),
    ("moment", "make sure i hear from you in thirty five seconds"),
    ("moment", "when a minute's up tell me to drink some water"),
    ("moment", "i've got to leave in two minutes so warn me when it's time"),
    ("interval", "every ten seconds say breathe"),
    ("interval", "remind me to sit up straight every twenty seconds"),
    ("interval", "keep saying hello with a gap of four seconds five times"),
    ("interval", "each half minute let me know you're still there"),
    ("interval", "beep at me every six seconds ten times in total"),
    ("interval", "for the next two minutes say squeeze every eight seconds"),
    ("interval", "can you repeat the word focus at twenty second intervals"),
    ("interval", "tell me a minute has passed every minute"),
    ("countdown", "count down from ten"),
    ("countdown", "start a one minute timer and tell me when i'm halfway"),
    ("countdown", "give me a countdown from five and then say blast off"),
    ("countdown", "put twenty seconds on the clock"),
    ("countdown", "can you count the last five seconds of a fifteen second timer out loud"),
    ("silence", "if i don't say anything for ten seconds ask me if i'm okay"),
    ("silence", "should i go silent for half a minute tell me to keep talking"),
    ("silence", "after i stop talking for eight seconds say thank you for sharing"),
    ("silence", "whenever i pause for longer than four seconds say go on"),
    ("cue", "when i say marco you say polo"),
    ("cue", "every time you hear me say sorry say don't apologize"),
    ("cue", "call me out whenever i use the word literally"),
    ("cue", "count how often i say like"),
    ("cue", "ping me each time i say actually"),
    ("cue", "the second time i say pizza say okay i get it"),
    ("cue", "as soon as you hear the word finished say well done"),
    ("cue", "say bless you if i say achoo"),
    ("cue", "next time i mention my ex say let it go"),
    ("cue", "say cheers when i say here's to us"),
    ("cue", "the moment i say lights out say good night"),
    ("cue", "respond with woof any time i say dog"),
    ("cue", "can you tally up my okays and tell me the number as we go"),
    ("cue", "interrupt me if i start talking about politics"),
    ("cue", "listen out for the word deadline and when it comes up say deep breath"),
    ("change", "forget that"),
    ("change", "no make it ten seconds"),
    ("change", "cancel the reminder"),
    ("change", "not every four every six seconds"),
    ("change", "scrap the timer please"),
    ("change", "change the word to maybe instead of perhaps"),
    ("list", "what have i asked you to do"),
    ("list", "remind me what you're listening for right now"),
    ("list", "run through all my orders for me"),
    ("combined", "in ten seconds say ready and five seconds after that say go"),
    ("combined", "whenever i say um say stop but not more than three times"),
    ("combined", "count how many times i say right and let me know the total in a minute"),
    ("combined", "remind me about the pasta in two minutes and also beep every time i say like"),
    ("combined", "set a timer for a minute and if i go quiet for ten seconds ask what i'm doing"),
    ("combined", "tell me to stretch in thirty seconds unless i've already said i'm stretching"),
    ("combined", "wait five seconds then say one then another five and say two"),
    ("combined", "for the next minute correct me if i say gonna and after that just leave me alone"),
)
"""Looked at while the language was widened."""
UNSEEN: Final = (
    ("moment", "give me a nudge in about twenty seconds"),
    ("moment", "thirty seconds from now say time to go"),
    ("moment", "hey wait fifteen seconds and then say boo"),
    ("moment", "i need you to shout ready after ten seconds"),
    ("moment", "in a couple of minutes remind me to ring my mum"),
    ("moment", "would you mind telling me when twenty five seconds are over"),
    ("moment", "i'm closing my eyes for a minute wake me up after that"),
    ("moment", "don't say anything for twelve seconds then say surprise"),
    ("moment", "two minutes from now please remind me about the washing"),
    ("moment", "can you speak up in a minute or so and tell me to check the oven"),
    ("moment", "once ninety seconds are gone say rinse it out"),
    ("moment", "say the word banana exactly seven seconds from now"),
    ("interval", "say tick every three seconds until i say stop"),
    ("interval", "could you say push every five seconds for a minute"),
    ("interval", "once every fifteen seconds tell me i'm doing great"),
    ("interval", "i want you to say switch every thirty seconds until i tell you to quit"),
    ("interval", "say left right every two seconds and keep going till i say enough"),
    ("interval", "nag me about the dishes every twelve seconds"),
    ("interval", "three times please say knock knock with seven seconds in between"),
    ("countdown", "set a timer for thirty seconds"),
    ("countdown", "count from one to twenty out loud nice and slow"),
    ("countdown", "time me for ninety seconds and warn me with ten seconds to go"),
    ("countdown", "do a two minute timer for the eggs and give me a heads up at half time"),
    ("countdown", "three two one me in and then say action"),
    ("silence", "when i've been quiet for twenty seconds say are you still there"),
    ("silence", "any time there's five seconds of silence say next"),
    ("silence", "if you haven't heard from me in a minute say wake up"),
    ("silence", "i tend to drift off so if it goes quiet for fifteen seconds call my name"),
    ("cue", "whenever i say um tell me to slow down"),
    ("cue", "if i say the word chocolate remind me i'm on a diet"),
    ("cue", "stop me when i say anything about work"),
    ("cue", "keep track of how many times i say basically"),
    ("cue", "beep if i swear and say damn"),
    ("cue", "only the first time i say good morning answer with good morning sunshine"),
    ("cue", "i'm going to practice a speech so buzz me every time i say you know"),
    ("cue", "tell me to put a coin in the jar whenever the word hell comes out of my mouth"),
    ("cue", "once i've said the word money three times tell me to change the subject"),
    ("cue", "let me know how many times i've said so each time i say it"),
    ("cue", "if you catch me saying i can't say yes you can"),
    ("cue", "on hearing the words ready steady say go"),
    ("cue", "just once when i say knock knock say who's there"),
    ("cue", "on my third um say three strikes"),
    ("cue", "i say thunder you say lightning"),
    ("change", "never mind the tea"),
    ("change", "actually say coffee instead"),
    ("change", "you can stop counting now"),
    ("change", "wait i meant thirty not thirteen"),
    ("change", "on second thought don't bother telling me"),
    ("change", "drop all of it i don't need any of those anymore"),
    ("list", "which reminders are still running"),
    ("list", "have you got anything set at the moment"),
    ("combined", "say hop every four seconds and when i say done say good job"),
    ("combined", "every ten seconds tell me to relax until i say i'm relaxed"),
    ("combined", "if i say red say stop and if i say green say go"),
    ("combined", "when i say cat say meow but don't do it when i say catalog"),
    ("combined", "say drink up every twenty seconds at most four times and then say that's enough"),
    ("combined", "every time i say maybe say decide but quit doing that after a minute"),
    ("combined", "answer yes chef whenever i say hands and tell me the steak is ready in ninety seconds"),
)
"""Not looked at: only how many of them are understood."""
BEFORE: Final = {
    "change": ("in fifteen seconds say tea", "every four seconds say breathe", "remind me to drink in nine seconds"),
    "list": (
        "remind me about the tea in fifteen seconds",
        "every four seconds say breathe",
        "count how often i say like",
    ),
}
"""Orders that stand when something is said of them."""


def understood(kind: str, text: str) -> bool:
    """An order comes of it, right or not, or one that stands is changed; of a question, that it is taken for one."""
    brain = EmbeddedBrain()
    names: tuple[str, ...] = ()
    for number, before in enumerate(BEFORE.get(kind, ()), 1):
        parts = list(brain.reply(Ask(number, before, "typed", False, _context(10, names))))
        names = (*names, *(order.name for part in parts if isinstance(part, Act) for order in part.orders))
    parts = list(brain.reply(Ask(9, text, "typed", False, _context(11, names))))
    gist = parts[0]
    acts = any(isinstance(part, Act) for part in parts)
    return isinstance(gist, Gist) and gist.understood == "whole" and (acts or kind == "list")


def _context(at: float, names: tuple[str, ...]) -> Context:
    return Context(s(at), VIRTUAL_EPOCH_NS, orders=names)


def share(sentences: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By kind and of all: how many, of how many."""
    found: dict[str, list[bool]] = {}
    for kind, text in sentences:
        found.setdefault(kind, []).append(understood(kind, text))
    every = [one for kind in found.values() for one in kind]
    return {kind: f"{sum(one)} of {len(one)}" for kind, one in ({"all": every} | found).items()}


def run(_folder: Path) -> dict[str, Any]:
    return {"looked at": share(SEEN), "not looked at": share(UNSEEN)}
