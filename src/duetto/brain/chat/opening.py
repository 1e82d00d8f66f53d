"""Which language model the settings mean."""

from __future__ import annotations

from duetto.brain.chat.model import ChatModel
from duetto.brain.chat.settings import ChatSettings


def open_model(settings: ChatSettings) -> ChatModel:
    """A model of a server, or of a file in this process. Raises ImportError or ValueError where it cannot be."""
    if settings.in_process:
        from duetto.brain.chat.llama_model import load_llama

        return load_llama(settings)
    from duetto.brain.chat.openai_model import OpenAIModel

    return OpenAIModel(settings)
