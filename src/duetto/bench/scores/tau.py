"""The floor measures of τ-Voice (Ray et al. 2026; github.com/sierra-research/tau2-bench, interaction metrics).

It works on ticks of 200 ms; these are computed from the spans themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from duetto.bench.scores.figure import Figure, mean, share
from duetto.bench.scores.taken import Taken, begun, covering, listening, next_turn
from duetto.timeline.clock import in_s, s

YIELDS_WITHIN: Final = s(2.0)
"""ns after the onset of an interruption; `ERRS_WITHIN` after that of a backchannel or of speech to others."""
ERRS_WITHIN: Final = s(1.0)
RESPONDS_WITHIN: Final = s(2.0)
"""ns after speech that was not meant for the agent: what begins till then is a response to it."""


def tau(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Response and yield, rate and latency; three selectivities; the agent's own interruptions per user turn."""
    responses = [_response(one, step) for one in taken for step in _turns(one)]
    yields = [
        _gave_way(one, speech.span.start, YIELDS_WITHIN)
        for one in taken
        for _, verdict, speech in one.expected("yield")
        if verdict.applies
    ]
    return {
        "response rate": share(latency is not None for latency in responses),
        "response latency s": mean(in_s(latency) for latency in responses if latency is not None),
        "yield rate": share(latency is not None for latency in yields),
        "selectivity, backchannels": share(_selective(taken, "backchannel")),
        "yield latency s": mean(in_s(latency) for latency in yields if latency),
        "selectivity, others": share(_selective(taken, "others")),
        "interruptions by the agent per turn": mean(_interrupts(one, step) for one in taken for step in _turns(one)),
        "selectivity, background": share(_selective(taken, "background")),
    }


def _turns(one: Taken) -> list[int]:
    """Steps that call for an answer."""
    return sorted({expect.step for expect, _, _ in one.expected("reply")})


def _response(one: Taken, step: int) -> int | None:
    end = next(u.span.end for u in one.trial.user if u.step == step)
    found = begun(one.trial, end, next_turn(one.trial, one.scenario, end))
    return None if found is None else found.start - end


def _gave_way(one: Taken, onset: int, within: int) -> int | None:
    """After how long (ns) it fell silent, None if not within that time."""
    over = covering(one.trial, onset)
    return over.end - onset if over is not None and over.end - onset <= within else None


def _selective(taken: Sequence[Taken], kind: str) -> list[bool]:
    """For each such speech, whether it neither fell silent for it nor responded to it."""
    found: list[bool] = []
    for one in taken:
        for expect, verdict, speech in one.expected("go_on", "silence"):
            if not verdict.applies or one.overlapping(expect.step) != kind:
                continue
            if covering(one.trial, speech.span.start) is not None:
                found.append(verdict.met or _gave_way(one, speech.span.start, ERRS_WITHIN) is None)
            else:
                found.append(begun(one.trial, speech.span.start, speech.span.end + RESPONDS_WITHIN) is None)
    return found


def _interrupts(one: Taken, step: int) -> int:
    """Stretches of the agent's speech that begin while the user speaks, sounds of listening aside."""
    pieces = next(u.pieces for u in one.trial.user if u.step == step)
    return sum(
        any(piece.start <= span.start < piece.end for piece in pieces) and not listening(one.trial, span)
        for span in one.trial.speech
    )
