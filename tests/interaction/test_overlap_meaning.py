"""What speech over duetto's own is taken for, from level, length, words and what the brain makes of them."""

from __future__ import annotations

import pytest

from duetto.interaction.overlap import meaning
from duetto.interaction.percept import Ears
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.state import Overlap, Reply, State, UserTurn, Ways
from duetto.timeline.arrival import TimedWord
from duetto.timeline.clock import ms, s

SETTINGS = InteractionSettings()
USUAL = -25.0


def heard(text: str, *, lasts: int, level: float = USUAL, sure: float = 0.9, voice: bool = True) -> Ears:
    words = tuple(TimedWord(word, 0, 0, sure) for word in text.split())
    ended = None if voice else s(1) + lasts
    return Ears(voice, since=s(1), ended=ended, utterance=1, words=words, caught_up=not voice, level=level)


def taken_for(ears: Ears, lasts: int, understood: str | None = None) -> str:
    replies = () if understood is None else (Reply(1, "spoken", ears.text, True, understood),)  # type: ignore[arg-type]
    turn = UserTurn(1, draft=1 if understood else None, over=True)
    state = State(SETTINGS, turn=turn, overlap=Overlap(s(1), "ducked"), replies=replies, ways=Ways(level=USUAL))
    return meaning(state, ears, s(1) + lasts)


@pytest.mark.parametrize(
    ("ears", "lasts", "understood", "expected"),
    [
        (heard("", lasts=ms(80)), ms(80), None, "open"),
        (heard("", lasts=ms(200)), ms(200), None, "floor"),
        (heard("", lasts=ms(400), level=USUAL - 8), ms(400), None, "aside"),
        (heard("uh huh", lasts=ms(500)), ms(500), None, "aside"),
        (heard("okay", lasts=s(1.5)), s(1.5), None, "floor"),
        (heard("stop", lasts=ms(300)), ms(300), "whole", "floor"),
        (heard("pass the salt", lasts=s(1)), s(1), "none", "aside"),
        (heard("what is two", lasts=ms(700), level=USUAL - 8), ms(700), "half", "aside"),
        (heard("what is two plus two", lasts=s(1.2), level=USUAL - 8), s(1.2), "whole", "floor"),
        (heard("what is two plus two", lasts=s(1.2), level=USUAL - 8, sure=0.1), s(1.2), "whole", "aside"),
        (heard("note leave that", lasts=s(1.5), sure=0.05), s(1.5), "whole", "aside"),
        (heard("note leave that", lasts=ms(600), sure=0.05), ms(600), "whole", "floor"),
        (heard("note leave that", lasts=s(1), sure=0.2, voice=False), s(1), "whole", "aside"),
    ],
)
def test_meaning(ears, lasts, understood, expected):
    assert taken_for(ears, lasts, understood) == expected


def test_a_voice_from_before_the_overlap_says_nothing_about_it():
    state = State(SETTINGS, overlap=Overlap(s(9), "ducked"))
    assert meaning(state, heard("stop", lasts=ms(300)), s(9.1)) == "open"


@pytest.mark.parametrize("stage", ["ducked", "held"])
def test_how_quiet_a_voice_is_gives_no_floor_and_takes_none_back(stage):
    state = State(InteractionSettings(held_stays=True), overlap=Overlap(s(1), stage), ways=Ways(level=USUAL))
    ears = heard("no", lasts=ms(300), level=USUAL - 8)
    assert meaning(state, ears, s(1.3)) == {"ducked": "aside", "held": "open"}[stage]
    listens = heard("uh huh", lasts=ms(300), level=USUAL - 8)
    assert meaning(state, listens, s(1.3)) == "aside", "the words do"
