"""What happens in a session, in few words."""

from __future__ import annotations

from typing import assert_never

from duetto.interaction import action as do
from duetto.timeline.order_words import describe
from duetto.timeline.payload import (
    Colours,
    Face,
    Light,
    Motion,
    Movement,
    Payload,
    Person,
    RaisedHand,
    Reading,
    Scene,
)


def clock_time(ns: int) -> str:
    """Media time as minutes and seconds: "1:02.48"."""
    hundredths = ns // 10_000_000
    return f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def sight(payload: Payload) -> str | None:
    """What a picture shows, None for a payload that is not about pictures."""
    match payload:
        case Motion():
            return f"motion, {payload.region}"
        case Scene():
            return "the scene changes"
        case Face():
            return f"a face, {_third(payload.box[0] + payload.box[2] / 2)}"
        case Light():
            return f"it is {payload.name}"
        case Colours():
            return f"colours {', '.join(payload.names)}" if payload.names else None
        case Person():
            return f"a person, {_third(payload.box[0] + payload.box[2] / 2)}"
        case Movement():
            return f"{payload.name}, {payload.count}"
        case RaisedHand():
            return f"the {payload.side} hand is raised"
        case Reading():
            return f"it reads “{payload.text}”"
        case _:
            return None


def _third(centre: float) -> str:
    return "left" if centre < 1 / 3 else "middle" if centre < 2 / 3 else "right"


def decision(action: do.Action) -> str:
    """What was decided."""
    match action:
        case do.AskBrain():
            return f"{'draft' if action.draft else 'ask'}: {action.text}"
        case do.KeepReply():
            return f"keep reply {action.reply}"
        case do.DropReply():
            return f"drop reply {action.reply}"
        case do.TrimReply():
            return f"reply {action.reply} goes on otherwise"
        case do.CallTool():
            return f"call {action.name} {action.arguments}"
        case do.AbortCall():
            return f"withdraw call {action.call}"
        case do.DeclineCall():
            return f"do not call {action.name}"
        case do.PlanClause():
            how = ("get ready" if action.held else "plan") + ("" if action.place == "end" else f", {action.place}")
            return f"{how}: {action.text}"
        case do.ReleaseReply():
            return f"say reply {action.reply}"
        case do.Duck():
            return "lower the voice"
        case do.Restore():
            return "full voice"
        case do.Hold():
            return "fall silent"
        case do.Resume():
            return "go on"
        case do.Show():
            return f"show: {action.text}"
        case do.EndTurn():
            return "the turn is over"
        case do.Watch():
            return f"order, {describe(action.order.when)}: {action.order.say}"
        case do.Unwatch():
            return f"no longer watch for {action.name}"
        case do.Fire():
            return f"{action.order}, {action.n}: {action.text or 'met'}"
        case do.Unfire():
            return f"{action.order}, {action.n}: it was not met"
        case do.Inquire():
            return f"is it so? {action.question}"
        case do.Tell():
            return f"tell: {action.part}"
    assert_never(action)
