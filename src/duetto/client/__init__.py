"""A client for a duetto server, over the OpenAI Realtime wire and duetto's extension of it."""

from __future__ import annotations

from duetto.client.client import Client
from duetto.client.event import (
    Called,
    Closed,
    Edit,
    Ended,
    Event,
    Heard,
    Increments,
    Problem,
    Resumed,
    Said,
    Sound,
    Standing,
)
from duetto.client.playback import Playback
from duetto.client.reading import Welcome
from duetto.client.settings import ClientError, ClientSettings, ConversationOver

__all__ = [
    "Called",
    "Client",
    "ClientError",
    "ClientSettings",
    "Closed",
    "ConversationOver",
    "Edit",
    "Ended",
    "Event",
    "Heard",
    "Increments",
    "Playback",
    "Problem",
    "Resumed",
    "Said",
    "Sound",
    "Standing",
    "Welcome",
]
