"""What the questions of standing orders may cost: so many a minute, and no more."""

from __future__ import annotations

from orders_rig import Inquire, Rig

from duetto.interaction.percept import Sighting
from duetto.interaction.settings import InteractionSettings
from duetto.timeline.arrival import Weighed
from duetto.timeline.clock import s
from duetto.timeline.order import Meaning, Shows

FEW = InteractionSettings(most_questions=3)
SCENE = (Sighting("scene", None, "camera"),)


def answer(rig: Rig) -> None:
    rig.turn(*(Weighed(one.number, False) for one in rig.of(Inquire)))  # type: ignore[attr-defined]


def test_words_beyond_the_budget_are_not_asked_about_and_it_is_said_once_a_minute() -> None:
    rig = Rig(FEW)
    rig.give(Meaning("Is it sad?"))
    for _ in range(6):
        rig.turn(lines=("all is grey",))
        answer(rig)
    assert len(rig.of(Inquire)) == 3
    assert rig.told == ["Orders ask more than 3 questions a minute: some must wait."]
    rig.wait(60)
    assert len(rig.of(Inquire)) == 3, "what was said then is not asked about now"
    rig.turn(lines=("all is grey",))
    assert len(rig.of(Inquire)) == 4


def test_a_picture_that_changed_is_asked_about_when_there_is_room_again() -> None:
    rig = Rig(FEW)
    rig.give(Shows("Is the door open?"))
    for _ in range(8):
        rig.turn(seen=SCENE)
        answer(rig)
        rig.wait(3)
    assert len(rig.of(Inquire)) == 3
    rig.wait(40)
    assert len(rig.of(Inquire)) == 4, "once: it is the picture as it is then"
    assert len(rig.state.book.put) <= 3


def test_the_rate_holds_however_much_moves() -> None:
    rig = Rig()
    for n in range(20):
        rig.give(Shows(f"Is it {n}?"), name=f"q{n}")
    while rig.now < s(120):
        rig.turn(seen=SCENE)
        rig.turn(*(Weighed(one.number, False) for one in rig.state.book.asked))
    asked = [at for at, action in rig.log if isinstance(action, Inquire)]
    most = InteractionSettings().most_questions
    assert most < len(asked) <= 2 * most + 1
    assert all(sum(at <= other < at + s(60) for other in asked) <= most for at in asked)
