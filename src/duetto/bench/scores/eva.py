"""EVA's turn-taking curve (ServiceNow 2026): each reply scored by when it begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from duetto.bench.scores.figure import Figure, mean
from duetto.bench.scores.taken import Taken
from duetto.timeline.clock import in_s

CURVE = ((-0.5, 0.5, 2.0, 3.5), (0.0, 1.0, 1.0, 0.0))
"""Seconds after the user's end, and the score there; straight lines between."""


def eva(taken: Sequence[Taken]) -> dict[str, Figure]:
    """The mean over turns that call for a reply; a turn without one scores 0."""
    replies = [v for one in taken for _, v, _ in one.expected("reply")]
    return {"turn taking": mean(score(v.latency_ns) for v in replies)}


def score(latency_ns: int | None) -> float:
    """From 0 to 1. None: there was no reply."""
    return 0.0 if latency_ns is None else float(np.interp(in_s(latency_ns), *CURVE))
