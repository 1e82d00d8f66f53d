"""Gemini Live: its messages on a duetto conversation."""

from duetto.wire.gemini_live.resumption import Resumption
from duetto.wire.gemini_live.wire import GeminiWire

__all__ = ["GeminiWire", "Resumption"]
