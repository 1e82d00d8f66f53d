"""GPT-Live, OpenAI's Live API: continuous sound both ways, transcripts with times, delegated work; no turns."""

from duetto.wire.gpt_live.outlet import error_event
from duetto.wire.gpt_live.setup import LiveSetup
from duetto.wire.gpt_live.trouble import Wrong
from duetto.wire.gpt_live.wire import Attached, LiveWire

__all__ = ["Attached", "LiveSetup", "LiveWire", "Wrong", "error_event"]
