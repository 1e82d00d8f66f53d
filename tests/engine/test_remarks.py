"""What has been said, as it is kept for another process: with what is being said at that moment."""

from __future__ import annotations

from duetto.engine import Opening
from duetto.timeline.clock import s
from duetto.timeline.command import Remember, Say

COUNTS = "One two three four five six seven eight nine ten eleven twelve."


def said(guest) -> list[tuple[str, str]]:
    return [(remark.who, remark.text) for remark in guest.seat.remarks]


def test_words_of_a_reply_count_as_they_are_heard_and_once(hall) -> None:
    room = hall()
    guest = room.guest()
    guest.seat.command(Say(COUNTS))
    before = ""
    for _ in range(40):
        room.run(0.2)
        found = said(guest)
        assert len(found) <= 1
        text = found[0][1] if found else ""
        assert text.startswith(before)
        before = text
    assert said(guest) == [("duetto", COUNTS)]


def test_words_of_a_turn_count_before_it_has_ended(hall, spoken) -> None:
    room = hall("count to three please my friend")
    guest = room.guest()
    sound = spoken("count to three please my friend")
    room.say(guest, sound[: len(sound) // 2])
    ((who, text),) = said(guest)
    assert who == "user" and "count to three please my friend".startswith(text) and text
    room.say(guest, sound[len(sound) // 2 :], then=2.0)
    assert said(guest)[0] == ("user", "count to three please my friend")
    assert [who for who, _ in said(guest)].count("user") == 1


def test_what_was_said_before_has_its_age(hall) -> None:
    room = hall()
    first = (
        Remember("before:0", "user", "my dog is called bruno", ago=s(20)),
        Remember("before:1", "user", "buy milk", ago=s(15), how="typed"),
    )
    guest = room.guest(Opening(first=first))
    room.run(1.0)
    guest.seat.type_line("what did I say")
    room.run(4.0)
    ((one, other), answer) = guest.seat.remarks[:2], said(guest)[-1]
    assert -s(20) <= one.at < -s(19)
    assert (one.how, other.how) == ("spoken", "typed")
    assert answer[0] == "duetto" and "21 seconds ago" in answer[1] and "bruno" in answer[1]
