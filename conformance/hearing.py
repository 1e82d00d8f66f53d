"""The server's ears: the embedded recogniser, told what the talk consists of. It knows no other words.

A server with a language model listens for any words, of which the embedded recogniser gets most wrong.
"""

from __future__ import annotations

from talk import SAYS

from duetto.perception.audio.recogniser import Recogniser, RecogniserSettings
from duetto.perception.audio.recognisers.pocketsphinx import PocketsphinxRecogniser
from duetto.timeline.language import Language


def make_recogniser(settings: RecogniserSettings) -> Recogniser:
    """For `duetto serve --recogniser hearing:make_recogniser`."""
    return PocketsphinxRecogniser(Language(phrases=tuple(SAYS.values())))
