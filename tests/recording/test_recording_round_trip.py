"""What goes into a recording comes out of it, whatever happens to the process and the file."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import synthetic_conversation as synthetic
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.writer import Writer

from duetto.interaction.action import Action
from duetto.models.model import MicroTurn, Output, Timing
from duetto.recording.errors import RecordingError
from duetto.recording.format import TOPICS, lighter, schema_of
from duetto.recording.journal import Journal
from duetto.recording.reader import Recording
from duetto.timeline.arrival import Arrival
from duetto.timeline.increment import Increment, Span
from duetto.timeline.payload import Sound
from duetto.timeline.turn import Frame, Key, Turn

EMPTY_TIMING = Timing(0, 0, 0, {}, {})


def without_big_jobs(micro_turns: list[MicroTurn]) -> list[MicroTurn]:
    change = msgspec.structs.replace
    return [
        change(m, outputs=tuple(change(o, jobs=tuple(map(lighter, o.jobs))) for o in m.outputs)) for m in micro_turns
    ]


def test_everything_comes_back_exactly(micro_turns, recorded):
    recording = Recording.open(recorded)
    assert recording.info == synthetic.info()
    assert not recording.truncated
    assert recording.until == micro_turns[-1].span.end
    back = list(recording)
    assert back == without_big_jobs(micro_turns)
    assert [m.turns for m in back] == [m.turns for m in micro_turns]
    assert list(recording) == back  # each iteration reads anew


arbitrary_turns = st.builds(
    Turn,
    index=st.integers(0, 2**31),
    round=st.integers(0, 9),
    span=st.builds(lambda a, b: Span(a, a + b), st.integers(0, 10**13), st.integers(0, 10**9)),
    mic=st.binary(max_size=64),
    camera=st.lists(st.builds(Frame, st.integers(0, 10**13), st.integers(), st.integers(), st.binary(max_size=32))).map(
        tuple
    ),
    keys=st.lists(
        st.builds(
            Key,
            st.integers(0, 10**13),
            st.sampled_from(["insert", "delete", "send"]),
            st.text(st.characters(exclude_categories=["Cs"])),
        )
    ).map(tuple),
    arrivals=st.lists(st.from_type(Arrival).filter(lambda a: _finite(a))).map(tuple),
)


def _finite(value: object) -> bool:
    try:
        return msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return False


@settings(max_examples=40, deadline=None)
@given(st.lists(arbitrary_turns, min_size=1, max_size=3))
def test_any_turns_come_back_exactly(tmp_path_factory, turns):
    path = tmp_path_factory.mktemp("any") / "any.mcap"
    outputs = tuple(Output(turn.span.end) for turn in turns)
    micro_turn = MicroTurn(5, turns[0].span, tuple(turns), outputs, b"\x01\x02", EMPTY_TIMING)
    journal = Journal(path, synthetic.info())
    journal.on_micro_turn(micro_turn)
    journal.close()
    assert list(Recording.open(path)) == [micro_turn]


def test_cut_anywhere_it_reads_up_to_the_last_whole_micro_turn(micro_turns, tmp_path):
    """A file cut at every byte of a stretch, and at places all over it: never an error, never a wrong micro-turn."""
    some = micro_turns[60:66]
    path, ends = tmp_path / "whole.mcap", []
    journal = Journal(path, synthetic.info())
    first = path.stat().st_size
    for micro_turn in some:
        journal.on_micro_turn(micro_turn)
        ends.append(path.stat().st_size)  # it is in the file before the next one begins
    journal.close()
    data, expected = path.read_bytes(), without_big_jobs(some)
    assert ends == sorted(set(ends))
    cut = tmp_path / "cut.mcap"
    for size in (*range(first, ends[0], 401), *range(ends[1] - 40, ends[1] + 40), *range(ends[-1] - 9, len(data))):
        cut.write_bytes(data[:size])
        recording = Recording.open(cut)
        whole = sum(size >= end for end in ends)
        assert recording.truncated
        assert list(recording) == expected[:whole]
        assert recording.until == (some[whole - 1].span.end if whole else 0)
    for size in range(1, first, 97):
        cut.write_bytes(data[:size])
        with pytest.raises(RecordingError, match=r"cut\.mcap: (not an MCAP|cut off before)"):
            Recording.open(cut)


def test_a_copy_taken_while_it_is_written_is_whole_so_far(micro_turns, tmp_path):
    journal = Journal(tmp_path / "running.mcap", synthetic.info())
    for micro_turn in micro_turns[:30]:
        journal.on_micro_turn(micro_turn)
    copy = tmp_path / "copy.mcap"
    copy.write_bytes((tmp_path / "running.mcap").read_bytes())
    journal.close()
    recording = Recording.open(copy)
    assert recording.truncated
    assert list(recording) == without_big_jobs(micro_turns[:30])


def test_a_killed_process_leaves_its_last_micro_turn(tmp_path):
    program = (
        "import sys, os, signal; sys.path.insert(0, sys.argv[1])\n"
        "import synthetic_conversation as s; from duetto.recording.journal import Journal\n"
        "journal = Journal(sys.argv[2], s.info())\n"
        "for m in s.conversation()[:40]: journal.on_micro_turn(m)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "killed.mcap"
    ended = subprocess.run([sys.executable, "-c", program, str(Path(__file__).parent), str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    recording = Recording.open(path)
    assert recording.truncated
    assert recording.until == 40 * synthetic.DELTA
    assert len(list(recording)) == 40


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "there is no such file"),
        (b"", "the file is empty"),
        (b"RIFF....WAVEfmt ", "not an MCAP file"),
        (b"\x89MCAP0\r\n", "cut off before it says what session it is of"),
    ],
)
def test_bad_files_are_named(tmp_path, content, why):
    path = tmp_path / "bad.mcap"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecordingError, match=rf"bad\.mcap: {why}"):
        Recording.open(path)


def test_a_folder_is_no_recording(tmp_path):
    with pytest.raises(RecordingError, match="cannot be read"):
        Recording.open(tmp_path)


def test_someone_elses_mcap_is_refused(tmp_path):
    path = tmp_path / "ros.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        schema = writer.register_schema("x", "jsonschema", b"{}")
        writer.add_message(writer.register_channel("/odometry", "json", schema), 0, b"{}", 0)
        writer.finish()
    with pytest.raises(RecordingError, match=r"ros\.mcap: not a duetto recording"):
        Recording.open(path)


def test_a_newer_format_is_refused(tmp_path):
    path = tmp_path / "newer.mcap"
    Journal(path, msgspec.structs.replace(synthetic.info(), format=99, duetto="9.0")).close()
    with pytest.raises(RecordingError, match=r"duetto 9\.0 in format 99"):
        Recording.open(path)


def test_damage_inside_a_finished_file_is_an_error(recorded, tmp_path):
    data = bytearray(recorded.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path = tmp_path / "damaged.mcap"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=r"damaged\.mcap: "):
        list(Recording.open(path))


def rewritten(source: Path, target: Path, keep=lambda topic, data: data) -> None:
    """As another tool would: large chunks, an index, the same order; `keep` changes messages or leaves them out."""
    with source.open("rb") as file, target.open("wb") as out:
        writer = Writer(out)
        writer.start(profile="duetto")
        channels: dict[str, int] = {}
        for schema, channel, message in make_reader(file).iter_messages(log_time_order=False):
            if channel.topic not in channels:
                number = writer.register_schema(schema.name, schema.encoding, schema.data)
                channels[channel.topic] = writer.register_channel(channel.topic, "json", number)
            data = keep(channel.topic, message.data)
            if data is not None:
                writer.add_message(channels[channel.topic], message.log_time, data, message.publish_time)
        writer.finish()


def test_a_file_rewritten_by_another_tool_reads_the_same(recorded, micro_turns, tmp_path):
    rewritten(recorded, tmp_path / "other.mcap")
    recording = Recording.open(tmp_path / "other.mcap")
    assert not recording.truncated
    assert list(recording) == without_big_jobs(micro_turns)


@pytest.mark.parametrize(
    ("keep", "why"),
    [
        (lambda topic, data: None if topic == "/actions" else data, "micro-turn 19 lacks 1 messages on /actions"),
        (lambda topic, data: b'{"op": "fly"}' if topic == "/keys" else data, "damaged in micro-turn 90: /keys"),
        (lambda topic, data: data.replace(b'"mic":1', b'"mic":0'), "micro-turn 0 has messages too many on /mic"),
        (lambda topic, data: b"[]" if topic == "/session" else data, "not a duetto recording"),
        (lambda topic, data: None if topic == "/session" else data, "not a duetto recording .it begins with '/mic'"),
    ],
)
def test_what_is_missing_or_wrong_inside_is_told(recorded, tmp_path, keep, why):
    rewritten(recorded, tmp_path / "wrong.mcap", keep)
    with pytest.raises(RecordingError, match=rf"wrong\.mcap: {why}"):
        list(Recording.open(tmp_path / "wrong.mcap"))


def test_where_it_cannot_be_written_it_says_so_at_once(tmp_path):
    with pytest.raises(RecordingError, match="No such file or directory"):
        Journal(tmp_path / "missing" / "a.mcap", synthetic.info())
    with pytest.raises(RecordingError, match="No space left"):
        Journal("/dev/full", synthetic.info())
    with pytest.raises(RecordingError, match="not plain data"):
        Journal(tmp_path / "a.mcap", msgspec.structs.replace(synthetic.info(), settings={"what": object()}))


def test_a_disk_that_fills_up_ends_the_recording_whole(micro_turns, tmp_path):
    path = tmp_path / "full.mcap"
    journal = Journal(path, synthetic.info())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))  # Python ignores SIGXFSZ: writes fail with EFBIG
    written = 0
    try:
        with pytest.raises(RecordingError, match=r"full\.mcap: the recording ends here: File too large"):
            for micro_turn in micro_turns:
                journal.on_micro_turn(micro_turn)
                written += 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    journal.close()
    assert 0 < written < len(micro_turns)
    assert list(Recording.open(path)) == without_big_jobs(micro_turns[:written])
    with pytest.raises(RecordingError, match="the recording is closed"):
        journal.on_micro_turn(micro_turns[0])


def test_a_number_that_json_cannot_hold_ends_the_recording_whole(micro_turns, tmp_path):
    journal = Journal(tmp_path / "nan.mcap", synthetic.info())
    journal.on_micro_turn(micro_turns[0])
    bad = Increment(1, "mic", Span(0, 1), Sound(0.1, float("-inf"), None), "committed", 1, "x")
    turn = micro_turns[1]
    with pytest.raises(RecordingError, match="not finite"):
        journal.on_micro_turn(msgspec.structs.replace(turn, outputs=(Output(1, (bad,)),)))
    recording = Recording.open(tmp_path / "nan.mcap")
    assert not recording.truncated
    assert len(list(recording)) == 1


def test_any_mcap_reader_finds_sound_and_pictures(recorded, micro_turns):
    """What Foxglove needs: its schema names, base64, unix times; by another reader than ours."""
    found: dict[str, int] = {}
    with recorded.open("rb") as file:
        for schema, channel, message in make_reader(file, validate_crcs=True).iter_messages(log_time_order=False):
            found[channel.topic] = found.get(channel.topic, 0) + 1
            content = msgspec.json.decode(message.data)
            if channel.topic == "/mic":
                assert schema.name == "foxglove.RawAudio"
                assert content["format"] == "pcm-s16"
                assert message.log_time == content["timestamp"]["sec"] * 10**9 + content["timestamp"]["nsec"]
            if channel.topic == "/camera":
                assert schema.name == "foxglove.CompressedImage"
                assert content["data"].startswith("/9j/")  # JPEG's first bytes in base64
    assert found["/mic"] == found["/voice"] == found["/micro_turns"] == len(micro_turns)
    assert set(found) == {topic.name for topic in TOPICS} - {"/screen", "/commands"}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_schemas_keep_to_what_foxglove_reads(topic):
    def check(schema: dict) -> None:
        assert set(schema) <= {"title", "type", "properties", "items", "contentEncoding"}
        assert schema["type"] in {"object", "array", "string", "integer", "number", "boolean"}
        if schema["type"] == "object":
            for inner in schema["properties"].values():
                check(inner)
        if schema["type"] == "array":
            assert schema["items"]["type"] != "array"
            check(schema["items"])

    check(msgspec.json.decode(schema_of(topic)))


def test_the_journal_keeps_nothing(micro_turns, tmp_path):
    """An hour is written in the memory of a minute: what the journal holds does not grow."""
    import tracemalloc

    journal = Journal(tmp_path / "long.mcap", synthetic.info())
    for micro_turn in micro_turns[:100]:
        journal.on_micro_turn(micro_turn)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(3):
        for micro_turn in micro_turns[100:200]:
            journal.on_micro_turn(micro_turn)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    journal.close()
    assert grown < 20_000, f"{grown} bytes after 300 micro-turns"
    assert os.path.getsize(tmp_path / "long.mcap") > 300 * 1000


def test_actions_are_all_known_to_the_format():
    assert next(topic for topic in TOPICS if topic.name == "/actions").holds == Action
