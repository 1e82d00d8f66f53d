"""The picture of one item: who spoke when, what the agent did, and where it should have done something."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import Final

from duetto.bench.report.facts import Item, wish
from duetto.bench.report.text import NS, cut, esc, px
from duetto.bench.scenario import SEEN, Expect
from duetto.bench.scores.proactive import moment_of, said_or_typed
from duetto.bench.stage.schedule import events_of
from duetto.bench.track import Event
from duetto.bench.verdict import Verdict
from duetto.timeline.increment import Span

WIDTH: Final = 1000
LEFT: Final = 74
RIGHT: Final = 988
TOP: Final = 26
LANE: Final = 42
CHARACTER: Final = 6.7
"""Width (px) of a letter at the size of the words."""


class _Scale:
    """Seconds to pixels. length: seconds on the full width."""

    def __init__(self, length: float) -> None:
        self.length = length

    def x(self, at: float) -> float:
        return LEFT + min(max(at / self.length, 0.0), 1.0) * (RIGHT - LEFT)


def timeline(item: Item) -> str:
    """The item as an inline SVG; times in seconds on its axis, failures marked."""
    trial = item.trial
    scale = _Scale(_length(item))
    others = [said for said in trial.user if said.who != "user"]
    seen = events_of(item.scenario.camera, item.scenario.screen)
    lanes = ["user", *(["others"] if others else []), *(["seen"] if seen else []), "agent"]
    tops = {name: TOP + LANE * place for place, name in enumerate(lanes)}
    bottom = TOP + LANE * len(lanes)
    parts = [
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {bottom + 26}" role="img" data-length="{px(scale.length)}"'
        f' data-left="{LEFT / WIDTH}" data-right="{RIGHT / WIDTH}">',
        f"<title>{esc(_words(item))}</title>",
    ]
    expected = item.expected()
    parts += [_window(verdict, expect, item, scale, bottom) for verdict, expect in expected]
    parts += _axis(scale, bottom)
    for name, top in tops.items():
        parts.append(f'<text class="lane" x="8" y="{top + 26}">{name}</text>')
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{top + LANE}" y2="{top + LANE}"/>')
    for said in trial.user:
        top = tops["user" if said.who == "user" else "others"]
        kind = "user" if said.who == "user" else "other"
        parts += _bars(said.pieces, top, kind, scale)
        if said.pieces:
            label = said.text if said.who == "user" else f"{said.who}: {said.text}"
            following = [o.span.start for o in trial.user if o.pieces and (o.who == "user") == (said.who == "user")]
            parts.append(_label(label, said.span, top, scale, [at for at in following if at > said.span.start]))
    if seen:
        parts += _happenings(seen, tops["seen"], scale)
    parts += _bars(trial.speech, tops["agent"], "agent", scale)
    for span, text, following in _phrases(item):
        parts.append(_label(text, span, tops["agent"], scale, following))
    for at in trial.ducked:
        x, y = scale.x(at / NS), tops["agent"] + 30
        parts.append(f'<path class="duck" d="M{px(x - 5)} {y}h10l-5 8z"><title>lowers its voice</title></path>')
    parts += _marks(item, scale, bottom)
    parts.append("</svg>")
    return "".join(parts)


def _length(item: Item) -> float:
    """Seconds that the picture shows: the item without the emptiness behind it."""
    trial = item.trial
    ends = [span.end / NS for said in trial.user for span in said.pieces] + [span.end / NS for span in trial.speech]
    ends += [word.span.end / NS for word in trial.words]
    for verdict, expect in item.expected():
        window = _when(verdict, expect, item)
        ends += [window[1]] if window else []
    ends += [event.at for event in events_of(item.scenario.camera, item.scenario.screen)]
    return max(max(ends, default=trial.duration / NS) + 0.4, 1.0)


def _when(verdict: Verdict, expect: Expect | None, item: Item) -> tuple[float, float] | None:
    """Where something is expected, in seconds; None where the step was never taken."""
    if expect is not None and expect.kind in ("due", "cue"):
        moment = moment_of(expect, said_or_typed(item.trial, expect.step))
        return None if moment is None else (moment / NS + expect.within[0], moment / NS + expect.within[1])
    span = next((said.span for said in item.trial.user if said.step == verdict.step and said.pieces), None)
    if span is None or expect is None or verdict.kind in (*SEEN, "hush"):
        return None
    start, end = span.start / NS, span.end / NS
    match verdict.kind:
        case "reply":
            return end + expect.within[0], end + expect.within[1]
        case "silence":
            return start, end + expect.within[1]
        case "yield":
            return start + max(expect.within[0], 0.0), start + expect.within[1]
        case _:
            return start, end


def _window(verdict: Verdict, expect: Expect | None, item: Item, scale: _Scale, bottom: int) -> str:
    when = _when(verdict, expect, item)
    if when is None:
        return ""
    left, right = scale.x(when[0]), scale.x(when[1])
    look = "window bad" if verdict.failed else "window"
    name = cut(verdict.kind.replace("_", " "), max(int((RIGHT - left) / CHARACTER), 1))
    sign = "✗" if verdict.failed else "✓"
    return (
        f'<g class="{look}"><rect x="{px(left)}" y="{TOP - 4}" width="{px(max(right - left, 2))}"'
        f' height="{bottom - TOP + 4}"><title>{esc(wish(expect, verdict.kind))}</title></rect>'
        f'<text x="{px(left + 3)}" y="15">{sign} {esc(name)}</text></g>'
    )


def _axis(scale: _Scale, bottom: int) -> list[str]:
    every = next(step for step in (0.5, 1, 2, 5, 10, 20, 50, 200) if scale.length / step <= 15 or step == 200)
    parts: list[str] = []
    for place in range(ceil(scale.length / every)):
        x = px(scale.x(place * every))
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom + 5}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{bottom + 19}">{place * every:g} s</text>')
    return parts


def _bars(spans: Iterable[Span], top: int, kind: str, scale: _Scale) -> list[str]:
    bars: list[str] = []
    for span in spans:
        left, right = scale.x(span.start / NS), scale.x(span.end / NS)
        when = f"{kind}: {span.start / NS:.2f} to {span.end / NS:.2f} s"
        bars.append(
            f'<rect class="bar {kind}" x="{px(left)}" y="{top + 22}" width="{px(max(right - left, 2))}" height="14"'
            f' rx="3"><title>{when}</title></rect>'
        )
    return bars


def _happenings(events: Iterable[Event], top: int, scale: _Scale) -> list[str]:
    """What can be seen to happen: a thin bar each, and the name of those that are no repetition."""
    found: list[str] = []
    for event in events:
        x = scale.x(event.at)
        told = f"{event.what} {event.name}".strip()
        name = esc(f"{told}, {event.at:.2f} s")
        found.append(
            f'<rect class="bar other" x="{px(x - 1)}" y="{top + 22}" width="2" height="14"><title>{name}</title></rect>'
        )
        if event.what != "repeat":
            found.append(f'<text class="word" x="{px(x)}" y="{top + 16}">{esc(event.what)}<title>{name}</title></text>')
    return found


def _label(text: str, span: Span, top: int, scale: _Scale, following: list[int]) -> str:
    """Words over their bar, cut where the next ones begin."""
    left = scale.x(span.start / NS)
    room = scale.x(min(following) / NS) - left if following else WIDTH - left
    shown = cut(text, max(int(room / CHARACTER), 1))
    return f'<text class="word" x="{px(left)}" y="{top + 16}">{esc(shown)}<title>{esc(text)}</title></text>'


def _phrases(item: Item) -> list[tuple[Span, str, list[int]]]:
    """The agent's words by stretch of speech: span, words, and beginnings of the stretches behind it (ns)."""
    stretches = sorted(item.trial.speech)
    words: list[list[str]] = [[] for _ in stretches]
    for word in item.trial.words:
        places = [place for place, span in enumerate(stretches) if span.start <= word.span.start]
        if stretches:
            words[places[-1] if places else 0].append(word.text)
    found = [(span, " ".join(said)) for span, said in zip(stretches, words, strict=True) if said]
    if not stretches and item.trial.words:
        found = [(word.span, word.text) for word in item.trial.words]
    return [(span, text, [later.start for later, _ in found[place + 1 :]]) for place, (span, text) in enumerate(found)]


def _marks(item: Item, scale: _Scale, bottom: int) -> list[str]:
    """A cross where a failed expectation was decided: at the answer if there was one, else at the window's end."""
    marks: list[str] = []
    for verdict, expect in item.expected():
        when = _when(verdict, expect, item)
        if not verdict.failed or when is None:
            continue
        at = when[1]
        said = next((said.span for said in item.trial.user if said.step == verdict.step and said.pieces), None)
        if said is None:  # it was typed
            pass
        elif verdict.latency_ns is not None and verdict.kind != "translated":
            at = ((said.start if verdict.kind == "yield" else said.end) + verdict.latency_ns) / NS
        elif verdict.kind == "silence":
            begun = [one.start / NS for one in item.trial.speech if when[0] <= one.start / NS <= when[1]]
            at = min(begun, default=at)
        elif verdict.kind == "go_on":
            at = min((s.end / NS for s in item.trial.speech if s.end > said.start), default=at)
        x, y = scale.x(at), bottom - 13
        marks.append(
            f'<g class="mark"><circle cx="{px(x)}" cy="{y}" r="9"/>'
            f'<path d="M{px(x - 4)} {y - 4}l8 8m0 -8l-8 8"/><title>{esc(verdict.why)}</title></g>'
        )
    return marks


def _words(item: Item) -> str:
    """The picture told, for those who do not see it."""
    told = [f"{u.who} at {u.span.start / NS:.1f} s: {u.text}" for u in item.trial.user if u.pieces]
    told += [f"agent at {span.start / NS:.1f} s: {text}" for span, text, _ in _phrases(item)]
    return f"Timeline of {item.key}. " + "; ".join(told)
