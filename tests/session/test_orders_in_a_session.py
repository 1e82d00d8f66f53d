"""Standing orders between perception, brain and voice: what is wanted of each, and what comes of it."""

from __future__ import annotations

from typing import Any

from duetto.assembly import model_of
from duetto.interaction.action import Fire, Unfire
from duetto.models.cascade import Cascade
from duetto.models.model import Output
from duetto.models.watch_book import WatchBook
from duetto.recording.measure import measure
from duetto.recording.picture.facts import gather
from duetto.recording.reader import Recording
from duetto.recording.replay import replay
from duetto.simulation.script import At, Cue, Quiet, Says
from duetto.testing.brain import ScriptedBrain
from duetto.timeline.arrival import Act, Arrival, Faces, Spotted, Weighed
from duetto.timeline.clock import ms, s
from duetto.timeline.command import Command, Give, TakeBack
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Ask, Spot, Weigh
from duetto.timeline.order import Interval, Meaning, Order, Sight, Words
from duetto.timeline.payload import Face, Fired, Light, Motion, Movement, Payload, Person, RaisedHand, Reading
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import DELTA, Key, Turn

BOX = (0.1, 0.1, 0.2, 0.4)
UM = Order("um", Words(("um", "you know")), "{word}!", what="I tell you when you say um")


class Told:
    """A cascade that is told things turn by turn."""

    def __init__(self) -> None:
        self.cascade = Cascade(epoch_ns=0)
        self.index = 0
        self.outputs: list[Output] = []

    def turn(self, *arrivals: Arrival, commands: tuple[Command, ...] = (), line: str = "") -> Output:
        span = Span(self.index * DELTA, (self.index + 1) * DELTA)
        keys = (Key(span.start, "insert", line), Key(span.start, "send")) if line else ()
        turn = Turn(self.index, 0, span, bytes(1280), keys=keys, arrivals=arrivals, commands=commands)
        self.index += 1
        self.outputs.append(self.cascade.step(turn))
        self.cascade.voice(Span(span.end, span.end + DELTA))
        return self.outputs[-1]


def test_the_recogniser_is_told_what_to_listen_for_when_that_changes() -> None:
    told = Told()
    assert [job for job in told.turn(commands=(Give(UM),)).jobs if isinstance(job, Spot)] == [Spot(("um", "you know"))]
    other = Order("other", Words(("um",)), "No.")
    assert not [job for job in told.turn(commands=(Give(other),)).jobs if isinstance(job, Spot)]
    assert not [job for job in told.turn(commands=(TakeBack(("other",)),)).jobs if isinstance(job, Spot)]
    assert [job for job in told.turn(commands=(TakeBack(("um",)),)).jobs if isinstance(job, Spot)] == [Spot(())]


def test_a_spotted_word_is_spoken_of_and_is_in_the_timeline() -> None:
    told = Told()
    told.turn(commands=(Give(UM),))
    for _ in range(20):
        told.turn()
    output = told.turn(Spotted(1, "you know", ms(500), ms(700)))
    assert Fire("um", 1, "you know!", True) in output.actions
    (fired,) = [edit for edit in output.edits if isinstance(edit.payload, Fired)]
    assert fired.payload == Fired("um", 1, "you know!") and (fired.stream, fired.status) == ("acts", "committed")


def test_what_a_look_finds_counts_in_whichever_round_it_comes() -> None:
    told = Told()
    told.turn(commands=(Give(Order("face", Sight("face"), "Hello.")),))
    span = Span(told.index * DELTA, (told.index + 1) * DELTA)
    found = Faces(ms(20), (BOX,))
    seen: list[Increment] = []
    for round, arrivals in enumerate(((), (found,), (Faces(ms(30), (BOX,)),))):
        seen += told.cascade.step(Turn(told.index, round, span, bytes(1280), arrivals=arrivals)).edits
    assert [edit.status for edit in seen if isinstance(edit.payload, Face)] == ["added"]


def test_a_question_goes_to_the_brain_with_what_was_just_said_and_its_answer_counts() -> None:
    told = Told()
    told.turn(commands=(Give(Order("sad", Meaning("Does this sound sad?"), "Cheer up.")),))
    output = told.turn(line="all is grey")
    (weigh,) = [job for job in output.jobs if isinstance(job, Weigh)]
    assert weigh.question == "Does this sound sad?" and weigh.context.history[-1].text == "all is grey"
    output = told.turn(Weighed(weigh.number, True))
    assert Fire("sad", 1, "Cheer up.") in output.actions


def test_a_brain_is_told_what_orders_there_are() -> None:
    told = Told()
    told.turn(commands=(Give(UM), Give(Order("breathe", Interval(0, s(4)), "Breathe."))))
    told.turn(Spotted(1, "um", 0, DELTA * 2))
    (ask,) = [job for job in told.turn(line="what is set").jobs if isinstance(job, Ask)]
    um, breathe = ask.context.standing
    assert (um.name, um.what, um.fired) == ("um", "I tell you when you say um", 1)
    assert um.when == 'when you say or type "um" or "you know"' and breathe.when == "every 4 s"
    assert breathe.due == s(4) and ask.context.orders == ("um", "breathe")


# --- what increments say was seen -------------------------------------------------------------------------------


class Pictures:
    """A timeline of a camera, and what was seen in it."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.book = WatchBook()

    def add(self, payload: Payload, at: int = 0, **how: Any) -> int:
        return self.timeline.add("camera", Span(at, at), payload, at=at, source="test", **how).id

    def seen(self, **how: Any) -> list[str]:
        found = self.book.sightings(self.timeline.drain(), **how)
        return [" ".join(filter(None, (one.what, one.region, one.name, str(one.count or "")))) for one in found]


def test_what_begins_and_the_last_that_ends() -> None:
    p = Pictures()
    first, second = p.add(Person(BOX)), p.add(Person((0.7, 0, 0.2, 0.5)), 1)
    p.add(Light(0.1, "dark"), committed=True)
    p.add(RaisedHand("left"))
    assert p.seen() == ["person left third", "person right third", "dark", "hand left"]
    p.timeline.commit(first, "camera", at=5)
    assert p.seen() == []
    p.timeline.commit(second, "camera", at=6)
    assert p.seen() == ["person-gone"]
    motion, other, face = p.add(Motion("left third", 0.1)), p.add(Motion("right third", 0.1)), p.add(Face(BOX))
    assert p.seen() == ["motion left third", "motion right third", "face left third"] and p.book.moving == ("camera",)
    p.timeline.commit(motion, "camera", at=9)
    assert p.seen() == []
    p.timeline.commit(other, "camera", at=9)
    p.timeline.commit(face, "camera", at=9)
    assert p.seen() == ["still", "face-gone"] and p.book.moving == ()


def test_what_only_moves_is_nothing_new_and_what_is_wrong_has_not_gone() -> None:
    p = Pictures()
    person = p.add(Person(BOX), 3)
    p.seen()
    person = p.timeline.revise(person, "camera", Span(3, 9), Person((0.5, 0, 0.2, 0.5)), at=9).id
    assert p.seen() == []
    p.timeline.revoke(person, "camera", at=10)
    assert p.seen() == []


def test_repetitions_are_told_one_by_one() -> None:
    p = Pictures()
    moving = p.add(Movement("movement", 1), 3)
    assert p.seen() == ["starts movement", "repeat movement 1"]
    moving = p.timeline.revise(moving, "camera", Span(3, 9), Movement("squat", 3), at=9).id
    assert p.seen() == ["repeat squat 2", "repeat squat 3"]
    moving = p.timeline.revise(moving, "camera", Span(3, 9), Movement("squat", 3), at=9).id
    assert p.seen() == []
    p.timeline.commit(moving, "camera", at=12, payload=Movement("squat", 4))
    assert p.seen() == ["repeat squat 4", "stops squat"]


def test_a_line_of_text_is_told_with_what_stood_there() -> None:
    p = Pictures()
    line = p.add(Reading("build running", BOX))
    assert p.seen() == ["text build running"]
    p.timeline.revise(line, "camera", Span(0, 9), Reading("build failed", BOX), at=9)
    (found,) = p.book.sightings(p.timeline.drain())
    assert (found.name, found.was) == ("build failed", "build running")


def test_what_ends_because_there_are_no_pictures_is_not_seen_to_end() -> None:
    p = Pictures()
    person, moving = p.add(Person(BOX)), p.add(Movement("wave", 0))
    p.seen()
    p.timeline.commit(person, "camera", at=5)
    p.timeline.commit(moving, "camera", at=5)
    assert p.seen(stalled=frozenset({"camera"})) == []


def test_a_firing_on_words_is_open_until_it_cannot_be_taken_back() -> None:
    p = Pictures()
    for n in range(1, 4):
        p.book.fire(Fire("um", n, "Um!", sure=False), s(n), p.timeline)
    p.book.unfire(Unfire("um", 2), s(4), p.timeline)
    p.book.settle(s(31.5), p.timeline)
    told = [(e.status, e.payload.n) for e in p.timeline.drain() if isinstance(e.payload, Fired)]
    assert told == [("added", 1), ("added", 2), ("added", 3), ("revoked", 2), ("committed", 1)]


# --- a whole conversation ---------------------------------------------------------------------------------------


def test_duetto_speaks_while_the_user_does_and_a_replay_is_the_same(stage: Any) -> None:
    orders = (UM, Order("motion", Sight("motion"), "It moves."), Order("tick", Interval(0, s(3)), "Tick {n}."))
    stage.brain = ScriptedBrain({"stop me": ["All right."]}, acts={"stop me": Act(0, orders=orders)})
    recording = stage.play(
        (
            Cue(At(s(0.5)), (Says("stop me"),)),
            Cue(Quiet(s(1)), (Says("well um I think that we could um meet at noon and then go on"),)),
            Cue(Quiet(s(2)), ()),
        )
    )
    fires = [a for m in recording for o in m.outputs for a in o.actions if isinstance(a, Fire) and a.order == "um"]
    assert [(f.n, f.text) for f in fires] == [(1, "um!"), (2, "um!")]
    facts = gather(recording, 0, 2**62)
    voicing = max(facts.voicings, key=lambda span: span.duration)
    spoken = [said.span.start for said in facts.heard if said.text.startswith("um")]
    assert spoken and all(voicing.start < at < voicing.end for at in spoken), "over the user's own speech"
    assert "um: 1" in " ".join(mark.label for mark in facts.decisions)
    assert measure(recording).barged == [] and len(measure(recording).order) >= 1
    assert replay(Recording.open(recording.path), model_of).identical
