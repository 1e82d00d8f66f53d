"""What the application has told of who duetto is to be, for a brain's context."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from duetto.interaction.action import AskBrain
from duetto.timeline.command import Brief, Offer
from duetto.timeline.job import Context, Remark

MOST_APART: Final = 64
"""Replies that are remembered to belong to no conversation; they are over soon."""


class Briefing:
    """One conversation's instructions and offered tools, as they were told last."""

    def __init__(self) -> None:
        self._instructions: str | None = None
        self._offers: tuple[Offer, ...] = ()
        self._names: frozenset[str] = frozenset()
        self._choice = "auto"
        self._apart: deque[int] = deque(maxlen=MOST_APART)

    def take(self, brief: Brief) -> None:
        """What it leaves out stays."""
        if brief.instructions is not None:
            self._instructions = brief.instructions
        if brief.offers is not None:
            self._offers = brief.offers
            self._names = frozenset(offer.name for offer in brief.offers)
        if brief.choice is not None:
            self._choice = brief.choice

    def offers(self, name: str) -> bool:
        """Is this a tool that the application carries out?"""
        return name in self._names

    def apart(self, reply: int) -> bool:
        """Does this reply belong to no conversation?"""
        return reply in self._apart

    def context(self, context: Context, asked: AskBrain) -> Context:
        """What the brain is told for this reply."""
        briefed = msgspec.structs.replace(
            context,
            history=_before(context.history, asked.text) if asked.how == "told" else context.history,
            instructions=self._instructions,
            note=asked.note,
            offers=self._offers,
            choice=self._choice,
        )
        if not asked.apart:
            return briefed
        self._apart.append(asked.reply)
        # Nothing of the conversation, neither what was said nor what is being said.
        return Context(
            now=context.now,
            epoch_ns=context.epoch_ns,
            instructions=self._instructions,
            note=asked.note,
            offers=self._offers,
            choice=self._choice,
        )


def _before(history: tuple[Remark, ...], text: str) -> tuple[Remark, ...]:
    """The conversation without the user's last remarks that are the request itself."""
    while history and history[-1].who == "user" and text.endswith(history[-1].text):
        text = text.removesuffix(history[-1].text).rstrip()
        history = history[:-1]
    return history
