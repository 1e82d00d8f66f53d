"""The page: header, trades, suites, plots, and every failed item with its picture, its reasons and its sound."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import soundfile

from duetto.bench.report.facts import Item, items_of, wish
from duetto.bench.report.figures import figures_of
from duetto.bench.report.plots import plots
from duetto.bench.report.sound import LONGEST, MOST, embedded
from duetto.bench.report.style import CSS, SCRIPT
from duetto.bench.report.tables import details, suites, trades
from duetto.bench.report.text import esc
from duetto.bench.report.timeline import timeline
from duetto.bench.scenario import Expect
from duetto.bench.verdict import Verdict


def write_report(path: Path, results: Mapping[str, Any], sounds: Callable[[str], Path | None]) -> None:
    """Write a run's report as one HTML file that needs nothing else.

    results: the run's JSON, with "target", "machine", "command", "summary" and "items". sounds: gives the stereo sound
    (left user, right agent) of an item's id, or None; it is asked about failed items only, and a sound that cannot be
    read is left out. At most 60 sounds, of at most 30 s each, lie in the page; further ones are linked by a path
    relative to it. The same results and sounds give the same bytes.
    Raises msgspec.ValidationError if an item is not made as it should be, OSError if the file cannot be written.
    """
    items = items_of(results)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_page(path.parent, results, items, sounds), encoding="utf-8", newline="\n")


def _page(folder: Path, results: Mapping[str, Any], items: Sequence[Item], sounds: Callable[[str], Path | None]) -> str:
    target = esc(results.get("target", ""))
    failed = [item for item in items if item.failed]
    figures = figures_of(results.get("summary") or {}, {item.suite for item in items})
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>duetto bench: {target}</title><style>{CSS}</style></head><body>",
        f"<header><h1>Bench of {target}</h1><p>{len(items)} items, {len(failed)} of them not as expected</p>",
        f"<p>{esc(results.get('machine', ''))}</p><p><code>{esc(results.get('command', ''))}</code></p></header><main>",
        f'<section aria-labelledby="trades"><h2 id="trades">Trades</h2>{trades(figures)}</section>',
        f'<section aria-labelledby="suites"><h2 id="suites">Suites</h2>{suites(items)}{details(figures)}</section>',
        f'<section aria-labelledby="plots"><h2 id="plots">Latency</h2>{plots(items)}</section>',
        f'<section aria-labelledby="failed"><h2 id="failed">Not as expected ({len(failed)})</h2>',
    ]
    if failed:
        parts.append(_filter(failed))
    inside = 0
    for item in failed:
        sound, taken = _sound(folder, sounds(item.trial.item), item, inside < MOST)
        inside += taken
        parts.append(_failure(item, sound))
    if not failed:
        parts.append('<p class="none">Everything was as expected.</p>')
    parts.append(f"</section></main><script>{SCRIPT}</script></body></html>\n")
    return "\n".join(parts)


def _filter(failed: Sequence[Item]) -> str:
    def choices(names: Sequence[str]) -> str:
        return '<option value="">all</option>' + "".join(f"<option>{esc(name)}</option>" for name in names)

    return (
        '<form class="filter" onsubmit="return false">'
        f'<label>suite <select id="suite">{choices(sorted({item.suite for item in failed}))}</select></label>'
        f'<label>half <select id="half">{choices(sorted({item.trial.half for item in failed}))}</select></label>'
        '<label>words <input id="words" type="search"></label>'
        f'<output id="shown">{len(failed)} shown</output></form>'
    )


def _failure(item: Item, sound: str) -> str:
    """Picture first: what was heard, then what was wished and what came, then the sound."""
    reasons = "".join(_verdict(verdict, expect) for verdict, expect in item.expected())
    error = f'<p class="error">{esc(item.trial.error)}</p>' if item.trial.error else ""
    text = " ".join([item.key, item.scenario.about, *(verdict.why for verdict in item.verdicts if verdict.failed)])
    voice = f" · {esc(item.trial.voice)}" if item.trial.voice else ""
    return (
        f'<article data-suite="{esc(item.suite)}" data-half="{esc(item.trial.half)}" data-text="{esc(text)}">'
        f'<h3>{esc(item.key)}<span class="half">{esc(item.trial.half)}{voice}</span></h3>'
        f'<p class="about">{esc(item.scenario.about)}</p>{error}'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Timeline of {esc(item.key)}">'
        f'{timeline(item)}</div><ul class="verdicts">{reasons}</ul>{sound}</article>'
    )


def _verdict(verdict: Verdict, expect: Expect | None) -> str:
    look = ' class="bad"' if verdict.failed else ""
    name = verdict.kind.replace("_", " ")
    return (
        f'<li{look}><span class="wish">{esc(name)} on step {verdict.step}. Expected: {esc(wish(expect, verdict.kind))}'
        f'.</span><span class="why">{esc(verdict.why)}</span></li>'
    )


def _sound(folder: Path, path: Path | None, item: Item, embed: bool) -> tuple[str, bool]:
    """The item's sound for the page, and whether it lies inside it."""
    if path is None:
        return "", False
    name = f"Sound of {esc(item.key)}: left the user, right the agent"
    link = f'<a href="{esc(quote(os.path.relpath(path, folder)))}">{name}</a>'
    if not embed:
        return f"<p>{link}</p>", False
    try:
        data = embedded(path)
    except (OSError, soundfile.SoundFileError):
        return "", False
    cut = f"<p><small>The first {LONGEST:g} s. {link}</small></p>" if item.trial.duration > LONGEST * 1e9 else ""
    return f'<audio controls preload="metadata" aria-label="{name}" src="{data}"></audio>{cut}', True
