"""The seam between a session and whatever decides what to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from duetto.timeline.arrival import Act, Arrival, Clause, Gist, ReplyEnd, Weighed
from duetto.timeline.job import Ask, Forget, Job, Keep, Weigh
from duetto.timeline.language import Language

Part = Gist | Clause | Act


class Brain(Protocol):
    """Decides what to say.

    It is asked on every change of the user's words, most of them unfinished. A draft has no effect: what a reply
    changes in the brain's memory counts from `keep` on, and `forget` undoes it. What is no draft counts at once.
    """

    def reply(self, ask: Ask) -> Iterator[Part]:
        """Answer in parts, the first of them a `Gist`. Returning ends the reply."""
        ...

    def keep(self, reply: int) -> None:
        """The reply is given: what it changes counts. Unknown numbers are ignored."""
        ...

    def forget(self, reply: int) -> None:
        """The reply is not wanted any further: its generator soon ends. May be called from another thread."""
        ...

    def language(self) -> Language:
        """What it understands, for building a recogniser from."""
        ...


class BrainHandler:
    """Does a session's brain jobs: `Ask` yields the reply's parts and a `ReplyEnd`, `Keep` and `Forget` nothing,
    `Weigh` a no.
    """

    def __init__(self, brain: Brain) -> None:
        self.brain = brain

    def handle(self, job: Job) -> Iterator[Arrival]:
        """Raises TypeError for a job of another part."""
        match job:
            case Ask():
                yield from self.brain.reply(job)
                yield ReplyEnd(job.reply)
            case Keep():
                self.brain.keep(job.reply)
            case Forget():
                self.brain.forget(job.reply)
            case Weigh():
                yield Weighed(job.number, False)  # it takes a language model to say yes
            case _:
                raise TypeError(f"job: the brain does not do {type(job).__name__}")

    def close(self) -> None:
        """Nothing to release."""
