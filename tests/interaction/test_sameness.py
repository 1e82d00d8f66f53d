"""Which words at the end of a turn leave its draft as it is."""

from __future__ import annotations

import pytest

from duetto.interaction.sameness import still_fits
from duetto.interaction.state import Reply


@pytest.mark.parametrize(
    ("asked", "ends", "fits"),
    [
        ("set a timer", "set a timer", True),
        ("set a timer", "set a timer thank you", True),
        ("no in paris", "no in paris instead", True),
        ("what can i use", "what can i use instead", False),
        ("set a timer", "set a timer for ten minutes", False),
        ("set a", "set a timer please", False),
        ("set a timer", "set a timers", False),
        ("", "please", False),
    ],
)
def test_which_words_at_the_end_ask_for_nothing_more(asked: str, ends: str, fits: bool) -> None:
    assert still_fits(Reply(1, "spoken", asked, draft=True), ends) is fits
