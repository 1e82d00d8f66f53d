"""The report: it stands alone, shows every failure with picture and reason, and keeps to its bounds."""

import base64
import io
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
import soundfile

from duetto.bench.report import write_report
from duetto.bench.report.sound import embedded

S = 1_000_000_000
HOSTILE = '"><script>alert(1)</script>&\x00'
VOID = {"meta", "input", "br", "img", "link", "hr"}


def item(name: str, *, met: bool, why: str = "it spoke", about: str = "a question", error: str = "") -> dict[str, Any]:
    verdict = {"kind": "reply", "step": 0, "met": met, "content": None, "latency_ns": S // 2, "why": why}
    return {
        "scenario": {
            "about": about,
            "steps": [{"at": 1.0, "says": "hello"}],
            "expect": [{"kind": "reply", "within": [0.0, 1.0], "says": ["hi"]}],
            "suite": "floor",
            "name": name,
        },
        "trial": {
            "item": f"floor/{name}",
            "half": "held-out",
            "voice": "en",
            "duration": 4 * S,
            "user": [{"step": 0, "text": about, "who": "user", "pieces": [{"start": S, "end": 2 * S}]}],
            "speech": [{"start": 2 * S + S // 2, "end": 3 * S}],
            "words": [{"text": why, "span": {"start": 2 * S + S // 2, "end": 3 * S}}],
            "ducked": [2 * S],
            "error": error,
        },
        "verdicts": [verdict],
    }


def results(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    rate = {"value": 0.5, "n": 4, "low": 0.2, "high": 0.8}
    summary = {"held-out": {"all": {"turn": {"take_over": rate, "cut_in": 0.125}}, "floor": {"joint": rate}}}
    return {"target": "t", "machine": "m", "command": "c", "summary": summary, "items": list(items), **more}


class Page(HTMLParser):
    """Fails on a tag that is not closed in order; keeps tags, attributes and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str, **wanted: str) -> int:
        return sum(name == tag and wanted.items() <= found.items() for name, found in self.tags)


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "a sound.wav"
    soundfile.write(path, np.zeros((24_000, 2), np.float32), 24_000)
    return path


def written(tmp_path, found, sounds=lambda _: None) -> str:
    write_report(tmp_path / "report.html", found, sounds)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_each_failure_has_its_picture_its_reason_and_its_sound(tmp_path, wav) -> None:
    asked: list[str] = []
    found = results(item("a", met=False, why="too late"), item("b", met=True), item("c", met=True, error="no socket"))
    page = Page(written(tmp_path, found, lambda one: asked.append(one) or wav))

    assert asked == ["floor/a", "floor/c"]
    assert page.count("article") == page.count("svg", **{"class": "timeline"}) == page.count("audio") == 2
    assert "too late" in page.text
    assert "no socket" in page.text
    assert "take over" in page.text
    assert "0.2 to 0.8, n = 4" in page.text


def test_nothing_comes_from_outside_the_page(tmp_path, wav) -> None:
    page = Page(written(tmp_path, results(item("a", met=False)), lambda _: wav))
    for _, attributes in page.tags:
        for name in ("src", "href", "xlink:href", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert not re.search(r"(https?:)?//\w+\.|@import|url\(", written(tmp_path, results(item("a", met=False))))


def test_hostile_text_stays_text(tmp_path, wav) -> None:
    found = results(
        item(HOSTILE, met=False, why=HOSTILE, about=HOSTILE, error=HOSTILE),
        target=HOSTILE,
        machine=HOSTILE,
        command=HOSTILE,
        summary={HOSTILE: {HOSTILE: 1.0}},
    )
    found["items"][0]["scenario"]["suite"] = found["items"][0]["trial"]["voice"] = HOSTILE
    text = written(tmp_path, found, lambda _: wav)
    assert Page(text).count("script") == 1
    assert "alert(1)</script>" not in text
    assert "\x00" not in text


def test_same_results_give_the_same_bytes(tmp_path, wav) -> None:
    found = results(item("a", met=False), item("b", met=False))
    assert written(tmp_path, found, lambda _: wav) == written(tmp_path, found, lambda _: wav)


def test_further_sounds_are_linked(tmp_path, wav) -> None:
    found = results(*(item(f"i{place}", met=False) for place in range(63)))
    page = Page(written(tmp_path, found, lambda _: wav))
    assert page.count("audio") == 60
    assert page.count("a", href="a%20sound.wav") == 3


def test_a_sound_is_cut_and_keeps_its_sides(tmp_path) -> None:
    path = tmp_path / "long.wav"
    tone = np.sin(np.arange(24_000 * 31) * 0.1).astype(np.float32) * 0.3
    soundfile.write(path, np.stack([tone, np.zeros_like(tone)], axis=1), 24_000)
    kind, data = embedded(path).split(",")
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data)))

    assert kind == "data:audio/ogg;base64"
    assert rate == 16_000
    assert samples.shape == (30 * 16_000, 2)
    assert np.abs(samples[:, 0]).max() > 0.2
    assert np.abs(samples[:, 1]).max() < 0.02


def test_a_sound_that_cannot_be_read_is_left_out(tmp_path) -> None:
    assert Page(written(tmp_path, results(item("a", met=False)), lambda _: tmp_path / "none.wav")).count("audio") == 0


def test_a_run_without_items_is_a_page_too(tmp_path) -> None:
    assert "Everything was as expected" in Page(written(tmp_path, {"target": "t", "summary": {}, "items": []})).text


def test_a_step_never_taken_and_every_kind_can_be_drawn(tmp_path) -> None:
    found = item("a", met=False)
    kinds = ["reply", "silence", "go_on", "yield", "backchannel"]
    found["scenario"]["expect"] = [{"kind": kind, "step": step} for kind in kinds for step in (0, 1)]
    found["scenario"]["steps"] *= 2
    found["verdicts"] = [{"kind": kind, "step": step, "met": False} for kind in kinds for step in (0, 1)]
    page = Page(written(tmp_path, results(found)))
    assert page.count("g", **{"class": "mark"}) == 5
