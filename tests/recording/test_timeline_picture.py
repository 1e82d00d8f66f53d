"""The picture tells what happened, is a sound SVG, and no label covers another."""

import itertools
import sys
from random import Random
from types import SimpleNamespace
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest
import synthetic_conversation as synthetic
from hypothesis import given
from hypothesis import strategies as st

from duetto.interaction.action import AskBrain, DropReply, KeepReply
from duetto.models.model import MicroTurn, Output
from duetto.recording.errors import RecordingError
from duetto.recording.journal import Journal
from duetto.recording.picture import draw
from duetto.recording.picture.facts import Facts, Mark, Said, Seen, Stroke, gather
from duetto.recording.picture.fonts import shortened, text_width
from duetto.recording.picture.latency import latencies, speech
from duetto.recording.picture.page import Page, lay_out, rows
from duetto.recording.picture.place import caption, flags, spread, stack
from duetto.recording.picture.svg import document
from duetto.recording.picture.theme import PLOT_LEFT, WIDTH
from duetto.recording.reader import Recording
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.payload import Planned
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Frame, Turn

SVG = "{http://www.w3.org/2000/svg}"
LANES = ("heard", "seen", "typed", "decided", "said", "shown")


def assert_nothing_covered(page: Page) -> None:
    labels = page.labels()
    for label in labels:
        assert 0 <= label.x and label.x + label.width <= WIDTH + 0.01, label
    labels.sort(key=lambda label: label.box.y)
    for place, label in enumerate(labels):
        for other in labels[place + 1 :]:
            if other.box.y > label.box.y + label.box.height:
                break
            assert not label.box.overlaps(other.box), f"{label} covers {other}"


@pytest.fixture(scope="module")
def facts(micro_turns) -> Facts:
    return gather(micro_turns, 0, micro_turns[-1].span.end)


# --- what it tells --------------------------------------------------------------------------------------------------


def test_facts_of_the_conversation(facts, micro_turns):
    assert [w.text for w in facts.words][:9] == "what time is it please read me the story".split()
    assert [w.text for w in facts.revised] == ["dime", "his", "a", "glory", "very", "stress", "do"]
    assert [m.label for m in facts.sent] == ["make it a bear"]
    assert "".join(k.text for k in facts.strokes) == "make izzt a bear"
    assert [k.text for k in facts.strokes if k.gone] == ["z"]
    assert [m.label for m in facts.unsaid] == ["nobody in the village had ever heard before. The end."]
    told = [m.label for m in facts.decisions]
    for label in ("drafts a reply", "drafts anew", "keeps the draft", "ducks", "full voice", "holds", "resumes"):
        assert label in told
    assert {"drops the rest", "order given: stretch", "speaks by itself", "turn ends"} <= set(told)
    assert [(seen.label, seen.span) for seen in facts.seen if seen.label == "a face"] == [
        ("a face", Span(ms(13_500), ms(20_900)))
    ]
    assert [m.label for m in facts.shown] == ["Noted: a bear.", "recogniser: The recogniser has not answered for 2 s."]
    assert len(facts.mic) == len(micro_turns) * 1280
    assert bytes(facts.mic.astype("<i2")) == b"".join(t.mic for m in micro_turns for t in m.turns)
    assert not facts.voice[: VOICE_RATE // 1000 * 80].any()  # the first micro-turn has no voice before it


def test_a_stretch_has_its_own_sound(facts, micro_turns):
    part = gather(micro_turns, ms(5_030), ms(8_000))
    assert part.span == Span(ms(5_030), ms(8_000))
    np.testing.assert_array_equal(part.mic, facts.mic[5_030 * 16 : 8_000 * 16])
    np.testing.assert_array_equal(part.voice, facts.voice[5_030 * 24 : 8_000 * 24])
    assert all(ms(5_030) <= w.span.start < ms(8_000) for w in (*part.words, *part.heard))


def test_a_microphone_that_lags_stays_in_time(micro_turns, facts):
    """Sound that came a micro-turn late belongs where its samples count to."""
    change, late = msgspec.structs.replace, []
    for index, m in enumerate(micro_turns[:30]):
        mic = b"" if index == 10 else micro_turns[10].turns[0].mic + m.turns[0].mic if index == 11 else m.turns[0].mic
        late.append(change(m, turns=(change(m.turns[0], mic=mic), *m.turns[1:])))
    np.testing.assert_array_equal(gather(late, ms(900), ms(2_000)).mic, facts.mic[900 * 16 : 2_000 * 16])


def test_latencies_are_read_off_the_sound(facts):
    found = {latency.what: round(latency.span.duration / 1e6) for latency in latencies(facts)[:1]}
    assert found == {"reply after": pytest.approx(331, abs=2)}
    overlap = [latency for latency in latencies(facts) if ms(17_000) < latency.span.start < ms(18_000)]
    assert [latency.what for latency in overlap] == ["silent after", "ducks after"]
    mhm = [latency.what for latency in latencies(facts) if ms(9_600) < latency.span.start < ms(9_800)]
    assert mhm == ["ducks after"]  # it never gave way
    assert not [latency for latency in latencies(facts) if latency.span.start > s(25)]  # a reminder is no reply


def test_speech_is_what_can_be_heard():
    voice = np.zeros(VOICE_RATE * 2, np.int16)
    voice[2400:4800] = voice[6000:7200] = 3000
    voice[40_000:41_000] = 5  # inaudible
    voice[30_000:31_200] = -3000
    assert speech(voice, s(1)) == [Span(s(1.1), s(1.3)), Span(s(2.25), s(2.3))]
    assert speech(np.zeros(100, np.int16), 0) == []


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_picture_is_sound_and_has_every_lane(recorded, tmp_path):
    path = tmp_path / "conversation.svg"
    draw(Recording.open(recorded), path, title="Fox & <bear>")
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SVG}svg" and root.get("width") == str(WIDTH)
    assert root.findtext(f"{SVG}title") == "Fox & <bear>"
    groups = [group.get("data-lane") for group in root.iter(f"{SVG}g")]
    for lane in LANES:
        assert groups.count(lane) == 3  # 29 s are three rows
    texts = [text.text for text in root.iter(f"{SVG}text")]
    for text in ("Fox & <bear>", "heard", "o'clock", "dime", "holds", "reply after 331 ms", "a face", "28 s"):
        assert text in texts
    assert any(text.startswith("nobody in the village") for text in texts)
    images = list(root.iter(f"{SVG}image"))
    assert len(images) > 20 and all(image.get("href").startswith("data:image/jpeg;base64,/9j/") for image in images)
    assert path.stat().st_size < 400_000


def test_the_same_recording_gives_the_same_picture(recorded, tmp_path):
    for name in ("a.svg", "b.svg"):
        draw(Recording.open(recorded), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_part_of_it_has_a_row_and_its_own_lanes(recorded, tmp_path):
    draw(Recording.open(recorded), tmp_path / "part.svg", start=s(1), end=s(4))
    groups = [group.get("data-lane") for group in ElementTree.parse(tmp_path / "part.svg").getroot().iter(f"{SVG}g")]
    assert groups.count("heard") == 1
    assert "typed" not in groups and "shown" not in groups


def test_a_truncated_recording_is_drawn_up_to_its_end(recorded, tmp_path):
    path = tmp_path / "cut.mcap"
    path.write_bytes(recorded.read_bytes()[: recorded.stat().st_size // 2])
    draw(Recording.open(path), tmp_path / "cut.svg")
    ElementTree.parse(tmp_path / "cut.svg")


def test_what_cannot_be_drawn_says_why(recorded, tmp_path, monkeypatch):
    recording = Recording.open(recorded)
    with pytest.raises(RecordingError, match=r"ends in \.svg or \.png"):
        draw(recording, tmp_path / "a.pdf")
    with pytest.raises(RecordingError, match=r"nothing between 50 s and 28\.96 s"):
        draw(recording, tmp_path / "a.svg", start=s(50))
    with pytest.raises(RecordingError, match="cannot write the picture"):
        draw(recording, tmp_path / "missing" / "a.svg")
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(RecordingError, match=r"duetto\[picture\]"):
        draw(recording, tmp_path / "a.png")
    journal = Journal(tmp_path / "none.mcap", synthetic.info())
    journal.close()
    with pytest.raises(RecordingError, match="nothing between"):
        draw(Recording.open(tmp_path / "none.mcap"), tmp_path / "a.svg")


@pytest.mark.parametrize("fonts", [True, False])
def test_a_png_is_drawn_by_resvg_if_there_is_a_font(recorded, tmp_path, monkeypatch, fonts):
    def svg_to_bytes(svg_string: str, zoom: int = 1) -> bytes:
        letters = [text.text or "" for text in ElementTree.fromstring(svg_string).iter(f"{SVG}text")]
        return f"PNG x{zoom} {''.join(letters) if fonts else ''}".encode()

    monkeypatch.setitem(sys.modules, "resvg_py", SimpleNamespace(svg_to_bytes=svg_to_bytes))
    path = tmp_path / "a.png"
    if fonts:
        draw(Recording.open(recorded), path, end=s(2))
        assert path.read_bytes().startswith(b"PNG x2 ") and b"dime" in path.read_bytes()
    else:
        with pytest.raises(RecordingError, match="a PNG needs a font"):
            draw(Recording.open(recorded), path, end=s(2))
        assert not path.exists()


def test_too_long_a_stretch_is_refused(recorded, tmp_path, monkeypatch):
    recording = Recording.open(recorded)
    monkeypatch.setattr(Recording, "until", s(3600))
    with pytest.raises(RecordingError, match="3600 s are too much for one picture; choose at most 600 s"):
        draw(recording, tmp_path / "a.svg")


def test_a_frame_that_is_no_picture_is_left_out(facts):
    broken = [Frame(ms(500 * n), 4, 4, b"no jpeg" if n % 2 else b"") for n in range(8)]
    alone = Facts(Span(0, s(4)), edges=facts.edges, frames=broken)
    document(100, 100, "x", lay_out(alone, synthetic.info(), None).strips)


# --- nothing covers anything ----------------------------------------------------------------------------------------


def test_no_label_of_the_conversation_covers_another(facts):
    assert_nothing_covered(lay_out(facts, synthetic.info(), None))


TEXTS = ("a", "I", "stop", "reminder", "supercalifragilistic", "日本語", "x" * 60, "&<>", "\x07", "")


def crowd(seed: int, seconds: float = 12) -> Facts:
    """Far more than any conversation holds, at any moment, with the longest of words."""
    random = Random(seed)

    def many(most: int, make):
        return [make() for _ in range(random.randrange(most))]

    def at() -> int:
        return random.randrange(s(seconds)) // 10 ** random.randrange(4)

    def span() -> Span:
        start = at()
        return Span(start, start + random.choice([0, ms(90), ms(400), s(4)]))

    def mark() -> Mark:
        return Mark(at(), random.choice(TEXTS), random.choice(["", "duetto", "user", "order"]))

    def marks() -> list[Mark]:
        return sorted(many(25, mark), key=lambda m: m.at)

    def words(most: int) -> list[Said]:
        return sorted(many(most, lambda: Said(random.choice(TEXTS), span())), key=lambda w: w.span)

    return Facts(
        Span(0, s(seconds)),
        mic=np.full(int(seconds * MIC_RATE), 900, np.int16),
        voice=np.tile(np.array([3000] * VOICE_RATE + [0] * VOICE_RATE, np.int16), int(seconds / 2)),
        words=words(120),
        revised=words(30),
        voicings=sorted(many(5, span)),
        seen=sorted(many(20, lambda: Seen(random.choice(TEXTS), span())), key=lambda seen: seen.span),
        strokes=sorted(many(60, lambda: Stroke(at(), random.choice(TEXTS), random.random() < 0.3)), key=lambda k: k.at),
        sent=marks(),
        decisions=marks(),
        ducks=sorted(many(5, at)),
        halts=sorted(many(5, at)),
        heard=words(120),
        unsaid=marks(),
        shown=marks(),
    )


@pytest.mark.parametrize("seed", range(30))
def test_no_label_of_any_crowd_covers_another(seed):
    page = lay_out(crowd(seed), synthetic.info("x" * 400), None)
    assert_nothing_covered(page)
    ElementTree.fromstring(document(page.width, page.height, page.title, page.strips))


# --- placing --------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(1, 60)), max_size=14))
def test_spread_keeps_order_and_room(items):
    items.sort()
    wanted, widths = [w for w, _ in items], [w for _, w in items]
    placed = spread(wanted, widths, 4, 0, 1000)
    if placed is None:
        assert sum(widths) + 4 * (len(widths) - 1) > 1000
        return
    for (left, width), right in itertools.pairwise([*zip(placed, widths, strict=True), (1004.0, 0.0)]):
        assert left >= -1e-6 and left + width + 4 <= right[0] + 1e-6


def test_spread_moves_as_little_as_it_can():
    assert spread([10, 100], [20, 20], 4, 0, 200) == [10, 100]
    assert spread([50, 50], [20, 20], 4, 0, 200) == [38, 62]  # both give way by the same
    assert spread([190], [20], 4, 0, 200) == [180]
    assert spread([0, 0], [120, 120], 4, 0, 200) is None
    assert spread([], [], 4, 0, 200) == []


def test_captions_open_a_second_line_and_then_let_go():
    assert [line for _, line in caption([0, 10], [50, 50], 4, 0, 500, lines=2, shift=60)] == [0, 0]
    assert [line for _, line in caption([0, 10, 20], [50, 50, 50], 4, 0, 500, lines=2, shift=10)] == [0, 1, 0]
    assert len(caption([0, 10, 20], [50, 50, 50], 4, 0, 60, lines=2, shift=10)) == 2


def test_stack_takes_the_first_free_line():
    assert stack([(0, 10), (5, 15), (12, 20), (13, 30)], 2, 2) == [0, 1, 0, None]


def test_flags_fly_clear_of_poles():
    first, second, third = flags([100, 110, 400], [80, 80, 30], 4, 420, 3)
    assert (first.line, second.line, third.line) == (1, 0, 0)
    assert (third.left, third.right) == (370, 400)  # near the edge it flies to the left
    assert flags([10, 10.5, 11], [50, 50, 50], 4, 400, 1) == [None, None, flags([11], [50], 4, 400, 1)[0]]


def test_rows_cover_the_span(facts):
    made = rows(facts)
    assert [(row.start, row.end) for row in made] == [(0, s(10)), (s(10), s(20)), (s(20), facts.span.end)]
    assert made[0].x(0) == PLOT_LEFT and made[0].x(-5) == PLOT_LEFT
    assert len(rows(Facts(Span(s(5), s(5) + ms(200))))) == 1


def test_text_is_measured_and_shortened():
    assert text_width("Wi", 10) == pytest.approx(11.66)
    assert text_width("日本", 10) == pytest.approx(20)
    assert text_width("e\u0301", 10) == text_width("e", 10)
    assert shortened("remind me", 10, 1000) == "remind me"
    short = shortened("remind me every four seconds", 10, 60)
    assert short.endswith("…") and text_width(short, 10) <= 60
    assert shortened("remind me", 10, 5) == ""


def test_a_draft_that_is_dropped_was_never_going_to_be_said():
    def turn(index: int, edits: tuple[Increment, ...], *actions) -> MicroTurn:
        span = Span(ms(80 * index), ms(80 * index + 80))
        output = Output(span.end, edits, actions)
        return MicroTurn(index, span, (Turn(index, 0, span),), (output,), b"", synthetic.EMPTY_TIMING)

    def planned(status: str, reply: int) -> tuple[Increment, ...]:
        return (Increment(reply, "voice", Span(0, 0), Planned("It is ten.", reply, reply), status, 0, "speech"),)

    ask = AskBrain(1, "what", "spoken", True)
    dropped = [turn(0, planned("added", 1), ask), turn(1, planned("revoked", 1), DropReply(1))]
    kept = [turn(2, planned("added", 2), AskBrain(2, "what", "spoken", True), KeepReply(2))]
    kept += [turn(3, planned("revoked", 2), DropReply(2))]
    found = gather([*dropped, *kept], 0, s(1))
    assert [mark.label for mark in found.unsaid] == ["It is ten."]
    assert [mark.label for mark in found.decisions] == [
        "drafts a reply",
        "drops the draft",
        "drafts a reply",
        "keeps the draft",
        "drops the rest",
    ]
