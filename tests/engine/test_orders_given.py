"""Standing orders that a program gives, in the ten lines that it takes."""

from __future__ import annotations

import pytest

from duetto.orders import Kept, Orders, When, at, every, heard, said, seen, silent, typed
from duetto.timeline.clock import s
from duetto.timeline.order import After, AllOf, AnyOf, Interval, Moment, Nth, Order, Sight, Then, Unless, Words
from duetto.timeline.payload import Fired


def fired(guest) -> list[tuple[str, int, str]]:
    found = (edit.payload for turn in guest.turns for output in turn.outputs for edit in output.edits)
    return [(payload.order, payload.n, payload.text) for payload in found if isinstance(payload, Fired)]


def texts(guest) -> str:
    return " ".join(output for turn in guest.turns for each in turn.outputs for output in each.text)


def test_every_so_many_seconds_until_it_is_withdrawn(hall) -> None:
    room = hall()
    guest = room.guest()
    name = guest.seat.orders.when(every(2)).say("Breathe. {n}.", limit=5)
    room.run(5.0)
    assert fired(guest) == [(name, 1, "Breathe. 1."), (name, 2, "Breathe. 2.")]
    assert texts(guest).count("Breathe.") == 2
    guest.seat.orders.withdraw(name)
    room.run(5.0)
    assert len(fired(guest)) == 2


def test_a_word_is_answered_while_the_user_still_speaks(hall, spoken) -> None:
    room = hall("i think um we should go there tomorrow in the morning")
    guest = room.guest()
    guest.seat.orders.when(heard("Um!")).say("One.", name="ums")
    sound = spoken("i think um we should go there tomorrow in the morning")
    room.say(guest, sound)
    assert fired(guest) == [("ums", 1, "One.")]


def test_a_typed_word_and_a_silence(hall) -> None:
    room = hall()
    guest = room.guest()
    guest.seat.orders.when(typed("done")).say("Well done.", name="done", manner="text")
    guest.seat.orders.when(silent(3)).say("Are you there?", name="there", limit=1)
    guest.seat.type_line("I am done")
    room.run(2.0)
    assert [order for order, _, _ in fired(guest)] == ["done"] and "Well done." in texts(guest)
    room.run(6.0)
    assert [order for order, _, _ in fired(guest)] == ["done", "there"]


def test_conditions_are_put_together() -> None:
    um, door = heard("um"), seen("person")
    word, sight = Words(("um",), "heard"), Sight("person")
    made: list[tuple[When, object]] = [
        (um | door, AnyOf((word, sight))),
        (um.also(door, within=2), AllOf((word, sight), s(2))),
        (um.then(door, within=2), Then(word, sight, s(2))),
        (um.unless(door, within=1.5), Unless(word, sight, s(1.5))),
        (um.after(4, but_not=door), After(word, s(4), sight)),
        (um.nth(3), Nth(word, 3)),
        (every(4, since=1), Interval(s(1), s(4))),
        (said("Good  bye, now"), Words(("good bye now",), "either")),
    ]
    for when, condition in made:
        assert when.condition == condition


@pytest.mark.parametrize("when", [heard("..."), every(0.01), heard("um").nth(0), silent(0.1)])
def test_what_cannot_be_watched_is_refused_with_a_sentence(hall, when: When) -> None:
    guest = hall().guest()
    with pytest.raises(ValueError, match=r"^mine: .{10,}"):
        guest.seat.orders.when(when).say("No.", name="mine")
    with pytest.raises(ValueError, match="nothing to say"):
        guest.seat.orders.when(at(5)).say(" ")


def test_what_is_in_force_is_listed_and_can_be_changed(hall) -> None:
    room = hall()
    guest = room.guest()
    orders = guest.seat.orders
    orders.when(every(2)).say("Breathe.", name="breathe")
    orders.when(typed("done")).say("Well done.", name="done", manner="text")
    assert orders.list() == ()
    room.run(0.2)
    assert [order.name for order in orders.list()] == ["breathe", "done"]
    changed = orders.change("breathe", when=every(3), say="Breathe out.", rest=1.5, limit=1)
    assert changed == Order("breathe", Interval(0, s(3)), "Breathe out.", 1, rest=s(1.5))
    room.run(4.0)
    assert fired(guest) == [("breathe", 1, "Breathe out.")]
    assert [order.name for order in orders.list()] == ["done"], "it was met as often as it was to be"
    orders.change("done", name="finished")
    room.run(0.2)
    assert [order.name for order in orders.list()] == ["finished"]
    with pytest.raises(KeyError, match="no standing order 'breathe'"):
        orders.change("breathe", say="No.")
    with pytest.raises(ValueError, match=r"^finished: there is nothing to say"):
        orders.change("finished", say="")
    orders.withdraw()
    room.run(0.2)
    assert orders.list() == ()


def test_a_name_that_is_made_is_no_orders() -> None:
    given: list[object] = []
    kept = Kept()
    kept.replace([Order("order 1", Moment(s(1)), "One.")])
    assert Orders(given.append, kept).when(every(2)).say("Two.") == "order 2"
