"""The same turns through the same code: what comes out must be the same, and what is not is shown."""

import msgspec
import numpy as np
import pytest
import synthetic_conversation as synthetic

from duetto.interaction.action import Duck, Hold, Watch
from duetto.models.model import MicroTurn, Output
from duetto.recording.format import SessionInfo
from duetto.recording.journal import Journal
from duetto.recording.reader import Recording
from duetto.recording.replay import replay
from duetto.recording.soundtrack import VoiceSpans
from duetto.recording.trace import describe_action, describe_payload, trace
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.order import Interval, Moment, Order, Sight
from duetto.timeline.payload import Motion, Notice, Sound, Voicing, Word
from duetto.timeline.turn import VOICE_RATE, Samples, Turn, samples_before


class Reciter:
    """A model that does what it once did, and checks that it is given the very same turns."""

    def __init__(self, micro_turns: list[MicroTurn]) -> None:
        self.script = [(t, o) for m in micro_turns for t, o in zip(m.turns, m.outputs, strict=True)]
        self.voices = {m.span.end: m.voice for m in micro_turns}

    def step(self, turn: Turn) -> Output:
        expected, output = self.script.pop(0)
        assert turn == expected
        return self.changed(output)

    pieces = ()

    def voice(self, span: Span) -> Samples:
        samples = np.frombuffer(self.voices[span.start], "<i2").copy()
        assert len(samples) == samples_before(span.end, VOICE_RATE) - samples_before(span.start, VOICE_RATE)
        return self.sounding(span, samples)

    @property
    def busy(self) -> bool:
        return bool(self.script)

    def costs(self) -> dict[str, int]:
        return {}

    def sights(self) -> dict[str, tuple[int, int]]:
        return {}

    def changed(self, output: Output) -> Output:
        return output

    def sounding(self, span: Span, samples: Samples) -> Samples:
        return samples


class Bolder(Reciter):
    """Holds where it had ducked."""

    def changed(self, output: Output) -> Output:
        actions = tuple(Hold() if isinstance(action, Duck) else action for action in output.actions)
        return msgspec.structs.replace(output, actions=actions)


class Hoarse(Reciter):
    """One sample of its voice is another, and one word of the timeline is missing."""

    def changed(self, output: Output) -> Output:
        edits = tuple(e for e in output.edits if not (isinstance(e.payload, Word) and e.payload.text == "dime"))
        return msgspec.structs.replace(output, edits=edits)

    def sounding(self, span: Span, samples: Samples) -> Samples:
        if span.start == ms(4000):
            samples[240] += 1
        return samples


def test_the_same_comes_out_the_same(recorded, micro_turns):
    seen: list[int] = []
    infos: list[SessionInfo] = []

    def make(info: SessionInfo) -> Reciter:
        infos.append(info)
        return Reciter(micro_turns)

    report = replay(Recording.open(recorded), make, progress=lambda m: seen.append(m.index))
    assert report.same and report.identical
    assert infos == [synthetic.info()]
    assert seen == [m.index for m in micro_turns]
    assert report.micro_turns == len(micro_turns)
    assert report.rounds == sum(len(m.turns) for m in micro_turns)
    assert report.actions.compared == sum(len(o.actions) for m in micro_turns for o in m.outputs) > 20
    assert report.edits.compared == sum(len(o.edits) for m in micro_turns for o in m.outputs)
    assert report.voice.compared == sum(len(m.voice) // 2 for m in micro_turns)
    assert report.until == micro_turns[-1].span.end
    assert not report.truncated


def test_a_changed_action_is_found(recorded, micro_turns):
    report = replay(Recording.open(recorded), lambda info: Bolder(micro_turns))
    ducks = [o.at for m in micro_turns for o in m.outputs for a in o.actions if isinstance(a, Duck)]
    assert not report.same
    assert report.actions.different == len(ducks)
    first = report.actions.first
    assert first is not None
    assert (first.at, first.recorded, first.replayed) == (ducks[0], "duck", "hold")
    assert str(first).startswith(f"first different action at {ducks[0] / 1e6:.0f} ms (micro-turn ")
    assert report.edits.different == report.voice.different == 0


def test_edits_and_voice_are_told_apart_from_actions(recorded, micro_turns):
    report = replay(Recording.open(recorded), lambda info: Hoarse(micro_turns))
    assert report.same and not report.identical
    assert report.voice.different == 1
    assert report.voice.first is not None and report.voice.first.at == ms(4010)
    assert report.edits.first is not None and report.edits.first.recorded.startswith('+ "dime"')


def test_what_the_model_raises_says_when(recorded, micro_turns):
    class Broken(Reciter):
        def changed(self, output: Output) -> Output:
            if output.at > s(1):
                raise RuntimeError("broken")
            return output

    with pytest.raises(RuntimeError, match="broken") as caught:
        replay(Recording.open(recorded), lambda info: Broken(micro_turns))
    assert "in micro-turn 12, 1040 ms" in caught.value.__notes__[0]


def test_a_truncated_recording_replays_up_to_its_end(recorded, micro_turns, tmp_path):
    path = tmp_path / "cut.mcap"
    path.write_bytes(recorded.read_bytes()[: recorded.stat().st_size // 2])
    report = replay(Recording.open(path), lambda info: Reciter(micro_turns))
    assert report.truncated and report.identical
    assert 0 < report.until < micro_turns[-1].span.end


@pytest.mark.parametrize("delta", [ms(20), ms(80), 33_333_333, ms(1000)])
def test_a_voice_is_asked_for_the_very_spans_it_was_asked_for(delta):
    """Also after a tick that came late, when the slice is larger and the voice makes up for what was missed."""
    spans, end, voiced = VoiceSpans(delta), 0, 0
    for index, late in enumerate([0, 0, 2, 0, 5, 1, 0]):
        start, end = end, end + delta * (1 + late)
        asked = Span(voiced, end + delta) if index else Span(end, end + delta)  # as the session does
        voiced = asked.end
        count = samples_before(asked.end, VOICE_RATE) - samples_before(asked.start, VOICE_RATE)
        made = MicroTurn(index, Span(start, end), (), (), bytes(2 * count), synthetic.EMPTY_TIMING)
        assert spans.next(made) == asked


def test_a_voice_of_another_length_is_asked_for_its_samples():
    spans = VoiceSpans(ms(80))
    found = spans.next(MicroTurn(0, Span(0, ms(80)), (), (), bytes(2 * 100), synthetic.EMPTY_TIMING))
    assert samples_before(found.end, VOICE_RATE) - samples_before(found.start, VOICE_RATE) == 100
    assert spans.next(MicroTurn(1, Span(ms(80), ms(160)), (), (), b"", synthetic.EMPTY_TIMING)).duration == 0


def test_the_trace_is_stable_and_tells_the_conversation(recorded, micro_turns, tmp_path):
    told = trace(Recording.open(recorded))
    assert told == trace(micro_turns)
    slower = [msgspec.structs.replace(m, timing=synthetic.EMPTY_TIMING) for m in micro_turns]
    again = tmp_path / "again.mcap"
    journal = Journal(again, synthetic.info("another title"))
    for micro_turn in slower:
        journal.on_micro_turn(micro_turn)
    journal.close()
    assert trace(Recording.open(again)) == told
    lines = told.splitlines()
    for line in (
        '  1280 mic     + "dime" 795-1090',
        '  1520 mic     - "dime"',
        '  1520 mic     + "time" 795-1090',
        '  1600         > ask 1 "what time is it" (spoken, draft)',
        "  2000         > drop 1",
        '  2480 voice   = heard "It" (2/1) 2216-2408',
        '  9600 keys    = line "make it a bear" 7300-9538',
        "  9920         > duck",
        '  9120 text    = shown "Noted: a bear."',
    ):
        assert line in lines
    assert any('watch "stretch": every 4 s say "Stretch."' in line for line in lines)
    assert not any("sound" in line for line in lines)
    times = [int(line[:6]) for line in lines]
    assert times == sorted(times)


def test_what_only_grows_is_told_once():
    def voicing(id: int, end: int, status: str) -> Increment:
        return Increment(id, "mic", Span(0, ms(end)), Voicing(), status, ms(end), "silero")

    def turn(index: int, *edits: Increment) -> MicroTurn:
        span = Span(ms(80 * index), ms(80 * index + 80))
        output = Output(span.end, edits)
        return MicroTurn(index, span, (Turn(index, 0, span),), (output,), b"", synthetic.EMPTY_TIMING)

    told = trace(
        [
            turn(0, voicing(1, 80, "added")),
            turn(1, voicing(1, 160, "revoked"), voicing(2, 160, "added")),
            turn(2, voicing(2, 240, "revoked"), voicing(3, 240, "added")),
            turn(3, voicing(3, 300, "committed")),
        ]
    )
    assert told == "    80 mic     + voicing 0-\n   300 mic     = voicing 0-300\n"


def test_every_action_and_payload_has_words():
    order = Order("tea", Moment(s(3)), "Tea.", limit=1)
    assert describe_action(Watch(order)) == 'watch "tea": at 3 s say "Tea." (1 times at most)'
    sight = Order("dog", Sight("motion", "left third"), "A dog?")
    assert describe_action(Watch(sight)) == 'watch "dog": each time something moves in the left third say "A dog?"'
    every = Order("walk", Interval(0, s(1.5)), "Walk.")
    assert describe_action(Watch(every)) == 'watch "walk": every 1.5 s say "Walk."'
    assert describe_payload(Sound(0.5, -30.2, 120.0)) == "sound -30 dB, voice 0.50"
    assert describe_payload(Motion("left third", 0.2)) == "motion, left third"
    assert describe_payload(Notice("voice", "It failed.")) == "notice voice: It failed."
