"""The top of the page: trades side by side, the suites, and all other figures of the summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from duetto.bench.report.facts import Item
from duetto.bench.report.figures import Figure
from duetto.bench.report.text import esc, number, percent, title
from duetto.bench.verdict import Verdict


def trades(figures: Sequence[Figure]) -> str:
    """Figures over all suites, those of a group side by side, so that no side of a trade is read alone."""
    cards: list[str] = []
    for half, group in _groups(figure for figure in figures if not figure.suite):
        inside = [f for f in figures if not f.suite and (f.half, f.group) == (half, group)]
        about = " · ".join(part for part in (half, *map(title, group)) if part) or "all"
        sides = [inside[at : at + 2] for at in range(0, len(inside), 2)]
        rows = "".join(f'<div class="pair">{"".join(map(_side, pair))}</div>' for pair in sides)
        look = "card dev" if half == "dev" else "card"
        cards.append(f'<section class="{look}"><h3>{esc(about)}</h3>{rows}</section>')
    return f'<div class="cards">{"".join(cards)}</div>' if cards else '<p class="none">The summary has no figures.</p>'


def _groups(figures: Iterable[Figure]) -> list[tuple[str, tuple[str, ...]]]:
    order = {"held-out": 0, "": 1, "dev": 2}
    found = list(dict.fromkeys((figure.half, figure.group) for figure in figures))
    return sorted(found, key=lambda one: order[one[0]])


def _side(figure: Figure) -> str:
    return (
        f'<div class="side"><span class="name">{esc(title(figure.name))}</span>'
        f'<span class="value">{number(figure.value)}</span><span class="of">{_of(figure)}</span></div>'
    )


def _of(figure: Figure) -> str:
    parts: list[str] = []
    if figure.low is not None and figure.high is not None:
        parts.append(f"{number(figure.low)} to {number(figure.high)}")
    if figure.n is not None:
        parts.append(f"n = {figure.n}")
    return ", ".join(parts)


def suites(items: Sequence[Item]) -> str:
    """A row a suite and half: items, and of its expectations those in time, right in content, and both."""
    rows: list[str] = []
    for suite in sorted({item.suite for item in items}):
        for half in ("held-out", "dev"):
            some = [item for item in items if item.suite == suite and item.trial.half == half]
            if some:
                rows.append(_row(suite, half, some))
    for half in ("held-out", "dev"):
        some = [item for item in items if item.trial.half == half]
        if some:
            rows.append(_row("all", half, some, "total"))
    heads = ("suite", "half", "items", "met (timing)", "content", "joint")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Suites"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(suite: str, half: str, items: Sequence[Item], look: str = "") -> str:
    verdicts: list[Verdict] = [verdict for item in items for verdict in item.verdicts]
    asked = [verdict for verdict in verdicts if verdict.content is not None]
    cells = (
        _bar(sum(verdict.met for verdict in verdicts), len(verdicts)),
        _bar(sum(verdict.content is True for verdict in asked), len(asked)),
        _bar(sum(not verdict.failed for verdict in verdicts), len(verdicts)),
    )
    kind = f' class="{look} {half}"' if look else f' class="{half}"'
    return (
        f'<tr{kind}><th scope="row">{esc(suite)}</th><td>{half}</td><td class="num">{len(items)}</td>'
        f"{''.join(cells)}</tr>"
    )


def _bar(part: int, whole: int) -> str:
    if not whole:
        return '<td class="num">–</td>'
    return (
        f'<td><svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="ground" width="100" height="8"/>'
        f'<rect class="full" width="{100 * part / whole:.1f}" height="8"/></svg>'
        f'<span class="num">{percent(part, whole)} <small>{part}/{whole}</small></span></td>'
    )


def details(figures: Sequence[Figure]) -> str:
    """Every figure of the suites, folded away."""
    some = [figure for figure in figures if figure.suite]
    if not some:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{esc(f.suite)}</th><td>{esc(f.half or "both")}</td>'
        f"<td>{esc(' · '.join(map(title, (*f.group, f.name))))}</td>"
        f'<td class="num">{number(f.value)}</td><td>{_of(f)}</td></tr>'
        for f in some
    )
    heads = "".join(f'<th scope="col">{n}</th>' for n in ("suite", "half", "figure", "value", "interval"))
    return (
        "<details><summary>All figures by suite</summary>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Figures by suite">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )
