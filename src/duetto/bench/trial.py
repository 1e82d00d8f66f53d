"""What happened when a target took an item: the same for any target, so that all are scored alike."""

from __future__ import annotations

import msgspec

from duetto.timeline.increment import Span


class UserWord(msgspec.Struct, frozen=True):
    """A word of the user's with its span (ns), as their voice has it."""

    text: str
    span: Span


class UserSpeech(msgspec.Struct, frozen=True):
    """What one step of the scenario sounded like.

    step: its number. pieces: spans (ns) of its sound between pauses, in order. text: its words. who: as in the step.
    words: each with its span, () where their times are not known.
    """

    step: int
    text: str
    who: str
    pieces: tuple[Span, ...]
    words: tuple[UserWord, ...] = ()

    @property
    def span(self) -> Span:
        return Span(self.pieces[0].start, self.pieces[-1].end)


class AgentWord(msgspec.Struct, frozen=True):
    """A word of the agent's with its span (ns), as heard. reply: the one that it is of, where the agent tells."""

    text: str
    span: Span
    reply: int | None = None


class Drafts(msgspec.Struct, frozen=True):
    """Replies prepared on a guess: how many, and how many of them were given."""

    made: int = 0
    used: int = 0


class ModelUse(msgspec.Struct, frozen=True):
    """What a language model was asked: requests, and tokens that it gave; of those, tokens for drafts never used.

    characters: of all prompts together, 0 where the target does not tell.
    """

    requests: int = 0
    tokens: int = 0
    wasted: int = 0
    characters: int = 0


class Trial(msgspec.Struct, frozen=True):
    """One item, taken once by a target. All times in ns from the item's beginning.

    item: the scenario's id. half: "dev" or "held-out". voice: who spoke it. duration: of both sounds.
    user: what was said, by the step's order in time. speech: spans in which the agent's sound is heard, gaps of up to
    320 ms bridged. words: the agent's words. ducked: moments at which the agent lowered its voice, where the target
    tells. drafts, model: where the target tells. typed: lines that were typed and sent, each with one piece, from the
    first key to the sending. shown: words that the agent showed and did not say, where the target tells. error: why
    the target could not take it, "" if it could. ended: moments at which the agent took the user's turn to be over,
    where the target tells.
    """

    item: str
    half: str
    voice: str
    duration: int
    user: tuple[UserSpeech, ...] = ()
    speech: tuple[Span, ...] = ()
    words: tuple[AgentWord, ...] = ()
    ducked: tuple[int, ...] = ()
    drafts: Drafts | None = None
    model: ModelUse | None = None
    typed: tuple[UserSpeech, ...] = ()
    shown: tuple[AgentWord, ...] = ()
    error: str = ""
    ended: tuple[int, ...] = ()
