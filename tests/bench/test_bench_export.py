"""The export is in Full-Duplex-Bench's layout, and what its definitions make of it is what our scores say.

The definitions are written down here once more, from its published description, on the files alone.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from trials import said, taken

from duetto.bench.export import export
from duetto.bench.scenario import Expect, Step
from duetto.bench.scores.fdb import v1, v15
from duetto.bench.scores.figure import Figure
from duetto.timeline.clock import in_s
from duetto.timeline.turn import VOICE_RATE


@pytest.fixture
def items():
    ask, pause = Step(at=1.0, says="two plus two"), Step(at=1.0, says="two … plus two")
    long, stop = Step(at=1.0, says="well … and so … on"), Step(speaking=1.0, says="stop")
    wait, reply = Expect(kind="wait"), Expect(kind="reply", within=(0.0, 2.0))
    whole, parted = said(0, "two plus two", (1.0, 2.0)), said(0, "two plus two", (1.0, 1.5), (2.3, 3.0))
    talk = said(0, "well and so on", (1.0, 3.0), (3.6, 5.6), (6.4, 8.0))
    over = (said(0, "count", (1.0, 2.0)), said(1, "stop", (4.0, 4.5)))
    cut = (Expect(kind="yield", step=1, within=(0.0, 1.0)), Expect(kind="reply", step=1, within=(0.0, 2.0)))
    return [
        taken((ask,), (reply,), (whole,), (2.25, 3.5, "that is four"), name="a"),
        taken((ask,), (reply,), (whole,), (2.75, 3.1, "four"), name="b"),
        taken((ask,), (reply,), (whole,), (1.9, 3.9, "it is four of course"), name="c"),
        taken((pause,), (wait, reply), (parted,), (1.9, 2.3, "two what then please"), (3.4, 4.6, "four"), name="d"),
        taken((pause,), (wait, reply), (parted,), (3.4, 4.6, "it is four"), name="e"),
        taken((long,), (Expect(kind="backchannel"),), (talk,), (3.2, 3.6, "okay"), (5.7, 6.1, "right"), name="f"),
        taken((long,), (Expect(kind="backchannel"),), (talk,), (3.2, 4.7, "that reminds me"), name="g"),
        taken((Step(at=1.0, says="count"), stop), cut, over, (2.3, 4.25, "one two"), (5.0, 6.5, "all right"), name="h"),
        taken((Step(at=1.0, says="count"), stop), cut, over, (2.3, 9.0, "one two three four five"), name="i"),
    ]


@pytest.fixture
def exported(items, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    for one in items:
        length = round(in_s(one.trial.duration) * VOICE_RATE)
        stereo = np.zeros((length, 2), np.int16)
        for channel, spans in ((0, [p for u in one.trial.user for p in u.pieces]), (1, one.trial.speech)):
            for span in spans:
                stereo[round(in_s(span.start) * VOICE_RATE) : round(in_s(span.end) * VOICE_RATE), channel] = 3000
        soundfile.write(run / f"{one.scenario.name}.wav", stereo, VOICE_RATE, subtype="PCM_16")
    folder = tmp_path / "fdb"
    counts = export(items, lambda item: run / f"{item.rpartition('/')[2]}.wav", folder)
    assert counts == {
        "pause_handling": 2,
        "smooth_turn_taking": 3,
        "user_interruption": 2,
        "backchannel": 2,
        "v1.5_user_interruption": 2,
    }
    return folder


def chunks(folder):
    return json.loads((folder / "output.json").read_text())["chunks"]


def turn_taken(words) -> bool:
    """No words: no. Less than a second and at most three words: no. Else yes."""
    if not words:
        return False
    return words[-1]["timestamp"][1] - words[0]["timestamp"][0] >= 1 or len(words) > 3


def stretches(path, gap: float) -> list[tuple[float, float]]:
    """Where there is sound, in s; their voice activity on these made up sounds would find the same."""
    sound, rate = soundfile.read(path, dtype="int16")
    loud = np.flatnonzero(np.abs(sound) > 0)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > gap * rate)
    first, last = loud[np.r_[0, breaks + 1]], loud[np.r_[breaks, len(loud) - 1]]
    return [(a / rate, (b + 1) / rate) for a, b in zip(first, last, strict=True)]


def agrees(figure: Figure, values) -> None:
    assert figure.value == pytest.approx(float(np.mean(values)), abs=2e-3) and figure.n == len(values)


def test_pauses(exported, items):
    folders = sorted((exported / "pause_handling").iterdir())
    assert all({"input.wav", "output.wav", "output.json"} <= {file.name for file in f.iterdir()} for f in folders)
    agrees(v1(items)["pause take-over"], [turn_taken(chunks(folder)) for folder in folders])


def test_turn_ends(exported, items):
    taken_over, latencies = [], []
    for folder in (exported / "smooth_turn_taking").iterdir():
        end = json.loads((folder / "turn_taking.json").read_text())[0]["timestamp"][0]
        taken_over.append(turn_taken(chunks(folder)))
        if taken_over[-1]:
            latencies.append(max(0.0, chunks(folder)[0]["timestamp"][0] - end))
    agrees(v1(items)["turn end take-over"], taken_over)
    agrees(v1(items)["turn end latency s"], latencies)
    assert taken_over.count(True) == 2 and min(latencies) == 0.0


def test_interruptions(exported, items):
    taken_over, latencies = [], []
    for folder in (exported / "user_interruption").iterdir():
        end = json.loads((folder / "interrupt.json").read_text())[0]["timestamp"][1]
        taken_over.append(turn_taken(chunks(folder)))
        if taken_over[-1]:
            latencies.append(max(0.0, chunks(folder)[0]["timestamp"][0] - end))
    agrees(v1(items)["interruption take-over"], taken_over)
    agrees(v1(items)["interruption latency s"], latencies)


def test_backchannels(exported, items):
    people = json.loads((exported / "icc_gt_distribution.json").read_text())
    taken_over, frequencies, distances = [], [], []
    for folder in (exported / "backchannel").iterdir():
        sounds = stretches(folder / "output.wav", 0.1)
        length = soundfile.info(folder / "input.wav").duration
        over = False
        for start, end in sounds:
            if end - start > 3:
                over = True
                break
            heard = [c for c in chunks(folder) if c["timestamp"][0] <= end and c["timestamp"][1] > start]
            over = len(heard) > 2 or end - start >= 1
        counts = np.zeros(int(length / 0.2) + 1)
        for start, end in sounds:
            counts[int(start / 0.2) : int(end / 0.2) + 1] += 1
        ours = (counts + 1e-10) / (counts + 1e-10).sum()
        given = np.array(people[folder.name])
        theirs = np.interp(np.linspace(0, 1, len(ours)), np.linspace(0, 1, len(given)), given)
        theirs /= theirs.sum()
        middle = (ours + theirs) / 2
        divergence = 0.5 * (ours @ np.log(ours / middle) + theirs @ np.log(theirs / middle))
        taken_over.append(over)
        frequencies.append(len(sounds) / length)
        distances.append(np.sqrt(divergence))
    figures = v1(items)
    agrees(figures["backchannel take-over"], taken_over)
    agrees(figures["backchannels per s"], frequencies)
    agrees(figures["backchannel timing distance"], distances)
    assert sorted(taken_over) == [False, True]


def test_timing_under_overlap(exported, items):
    stops, responses = [], []
    for folder in (exported / "v1.5_user_interruption").iterdir():
        user, agent = stretches(folder / "input.wav", 0.6), stretches(folder / "output.wav", 0.5)
        both = [(max(u[0], a[0]), min(u[1], a[1])) for u in user for a in agent]
        stops.append(next(end - start for start, end in both if end > start))
        later = [a[0] for a in agent if a[0] > user[-1][1]]
        responses += [later[0] - user[-1][1]] if later else []
    agrees(v15(items)["stop latency s"], stops)
    agrees(v15(items)["response latency s"], responses)
