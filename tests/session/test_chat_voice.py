"""How a language model is asked follows from the voice that says what it answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from duetto.assembly import Settings, chat_of, with_chat
from duetto.brain.chat.settings import ChatSettings
from duetto.speech.voice import VoiceSettings


@pytest.mark.parametrize(("engine", "words"), [("espeak", 2), ("kokoro", 0), ("duetto.testing.voice:make_voice", 0)])
def test_only_a_voice_that_can_say_beginnings_is_given_some(engine, words):
    settings = with_chat(replace(Settings(), voice=VoiceSettings(engine)), ChatSettings("some"))
    assert chat_of(settings).first_words == words


def test_without_a_model_there_is_nothing_to_ask():
    with pytest.raises(ValueError, match="chat: a language model"):
        chat_of(Settings())
