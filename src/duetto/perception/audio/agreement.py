"""Phrases of orders are told when two ways of hearing agree.

A keyword model tells a phrase as soon as its last sound is, and hears it in words that only sound like it ("coughing"
for "coffee", "unlike" for "like"). A search of any words takes a little longer, and knows those other words. So what
the first is not very sure of waits a moment for the second; and what the second hears, steadily, is told without the
first: `python -m bench spotting` says what comes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from duetto.timeline.arrival import Spotted, TimedWord
from duetto.timeline.clock import ms
from duetto.timeline.phrase import words_of

SURE: Final = 0.65
"""Sureness of the keyword model from which on it is believed at once."""
ALONE: Final = 0.34
"""Sureness from which on it is believed where no other search can hear the phrase."""
WAITS: Final = ms(280)
"""Sound (ns) after a phrase in which the search of any words may still come to hear it."""
AGREES: Final = ms(100)
"""Sound (ns) after a phrase from which on that search may agree: before, it has not heard what "coffee" becomes."""
STEADY: Final = ms(240)
"""Sound (ns) after a phrase from which on what that search hears, a second time in a row, is told without the other."""
LONG: Final = 6
"""Letters that a phrase must have for that: shorter words are heard in others."""
HEARD_SURE: Final = 0.6
"""Sureness of a phrase that only that search has heard."""
SAME: Final = ms(250)
"""Beginnings nearer than this (ns) are of one occurrence."""


class AnyWords(msgspec.Struct, frozen=True, array_like=True):
    """What a search of any words has heard of an utterance, beside the recogniser's own.

    words: the likeliest so far, lower case. until: media time (ns) up to which it has searched. unknown: phrases that
    it was asked about and cannot hear, for it does not have their words.
    """

    words: tuple[TimedWord, ...]
    until: int
    unknown: tuple[str, ...] = ()


class Agreement:
    """Decides which of the phrases that were spotted are told, and when."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._wanted = {phrase: words_of(phrase) for phrase in phrases}
        self._waiting: list[Spotted] = []
        self._told: dict[str, int] = {}  # where the latest occurrence that was told began: before that none is
        self._before: set[tuple[str, int]] = set()  # phrases that the search heard at the last look, and where

    def take(self, utterance: int, spotted: Sequence[Spotted], heard: AnyWords | None) -> list[Spotted]:
        """What is told now. spotted: by the keyword model, since the last call. heard: by the search of any words."""
        waiting = [*(one for one in self._waiting if one.utterance == utterance), *spotted]
        if heard is None:
            self._waiting = []
            return [one for one in waiting if one.sure >= ALONE and self._is_new(one)]
        places = {phrase: self._places(words, heard) for phrase, words in self._wanted.items()}
        told: list[Spotted] = []
        self._waiting = []
        for one in waiting:
            believed = one.sure >= (ALONE if one.phrase in heard.unknown else SURE)
            if believed or (heard.until >= one.end + AGREES and _is_there(one, places[one.phrase])):
                told.append(one)
            elif heard.until < one.end + WAITS:
                self._waiting.append(one)
        told += self._standing(utterance, places, heard.until)
        return [one for one in told if self._is_new(one)]

    def _standing(self, utterance: int, places: dict[str, list[tuple[int, int]]], until: int) -> list[Spotted]:
        """What the search alone has heard for a while."""
        found = [
            Spotted(utterance, phrase, start, end, HEARD_SURE)
            for phrase, its in places.items()
            if sum(map(len, self._wanted[phrase])) >= LONG
            for start, end in its
            if until >= end + STEADY and (phrase, start) in self._before
        ]
        self._before = {(phrase, start) for phrase, its in places.items() for start, _ in its}
        return found

    def _is_new(self, one: Spotted) -> bool:
        """It has not been told; from now on it has."""
        latest = self._told.get(one.phrase)
        if latest is not None and one.start <= latest + SAME:
            return False
        self._told[one.phrase] = one.start
        return True

    @staticmethod
    def _places(wanted: tuple[str, ...], heard: AnyWords) -> list[tuple[int, int]]:
        """From when to when (ns) these words stand in what was heard: "goodnight" is "good night"."""
        letters, places = "".join(wanted), []
        for first, begins in enumerate(heard.words):
            so_far = ""
            for word in heard.words[first:]:
                so_far += word.text
                if so_far == letters:
                    places.append((begins.start, word.end))
                if not letters.startswith(so_far):
                    break
        return places


def _is_there(one: Spotted, places: Sequence[tuple[int, int]]) -> bool:
    return any(start < one.end and end > one.start for start, end in places)
