"""Micro-turns read as a story: what every protocol tells its client, each in its own words."""

from __future__ import annotations

from duetto.interaction.action import AbortCall, Tell
from duetto.models.model import MicroTurn
from duetto.timeline.arrival import Fault, Usage
from duetto.timeline.command import Brief, Manner
from duetto.wire.happening import CallWithdrawn, Happening, Noticed, Used
from duetto.wire.hearing import Hearing
from duetto.wire.speaking import Speaking


class Follower:
    """Follows one conversation from its first micro-turn on."""

    def __init__(self) -> None:
        self._hearing = Hearing()
        self._speaking = Speaking()
        self._own: frozenset[str] = frozenset()
        self._answers = True

    def follow(self, micro_turn: MicroTurn) -> list[Happening]:
        """What happened in it, in order."""
        found: list[Happening] = []
        sounding = self._speaking.sounding
        for turn, output in zip(micro_turn.turns, micro_turn.outputs, strict=True):
            for command in turn.commands:
                match command:
                    case Brief(offers=tuple() as offers):
                        self._own = frozenset(offer.name for offer in offers)
                    case Manner(answers=answers):
                        self._answers = answers
            self._speaking.arrive(turn.arrivals)
            if not turn.round or output.edits or output.actions or output.jobs:  # later rounds often bring nothing new
                found += self._hearing.follow(micro_turn, output, sounding=sounding, answers=self._answers)
                found += self._speaking.follow(output, self._own)
            well = {a.text for a in turn.arrivals if isinstance(a, Fault) and a.working}
            for arrival in turn.arrivals:
                if isinstance(arrival, Usage):
                    found.append(Used(arrival.reply, arrival.prompt, arrival.stable, arrival.text, arrival.pieces))
            for action in output.actions:
                if isinstance(action, AbortCall):
                    found.append(CallWithdrawn(action.call))
                elif isinstance(action, Tell):
                    found.append(Noticed(action.part, action.text, action.text in well))
        return [*found, *self._hearing.words(micro_turn), *self._speaking.sound(micro_turn)]
