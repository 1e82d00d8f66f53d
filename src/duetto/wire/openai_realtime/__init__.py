"""OpenAI Realtime (GA): its events and its rules, on a conversation. No socket and no clock is in here."""

from duetto.wire.openai_realtime.trouble import Wrong
from duetto.wire.openai_realtime.wire import Extension, MakeExtension, RealtimeWire, Setup

__all__ = ["Extension", "MakeExtension", "RealtimeWire", "Setup", "Wrong"]
