"""Piper through `piper-tts`: the extra "piper". Written for piper-tts 1.3 to 1.8.

piper-tts is GPL-3, and so, like espeak-ng, it belongs into the voice's worker process alone. A voice is two files,
`NAME.onnx` and `NAME.onnx.json`, from the collection rhasspy/piper-voices; each has a licence of its own. Word times
are laid over the sound by the letters of the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from duetto.speech.voice import Chunk
from duetto.speech.voices.sentences import model_folder, need_file, say_pieces, to_int16

if TYPE_CHECKING:
    from duetto.speech.voice import VoiceSettings

_COLLECTION: Final = "https://huggingface.co/rhasspy/piper-voices/resolve/main"
_NAME: Final = re.compile(r"(?P<family>[a-z]{2,3})_(?P<region>[A-Z]{2})-(?P<voice>[A-Za-z0-9_]+)-(?P<quality>[a-z_]+)")
_USUAL_WORDS_PER_MINUTE: Final = 175


class PiperVoice:
    """One Piper voice at its own rate."""

    def __init__(self, engine: Any, how: Any) -> None:
        """engine: a `piper.PiperVoice`. how: its `piper.SynthesisConfig`."""
        self._engine = engine
        self._how = how
        self._rate = int(engine.config.sample_rate)

    @property
    def rate(self) -> int:
        return self._rate

    def say(self, text: str, *, goes_on: bool = False) -> Iterator[Chunk]:
        return say_pieces(text, self._make)

    def close(self) -> None:
        self._engine = None

    def _make(self, text: str) -> Any:
        sound = [chunk.audio_float_array for chunk in self._engine.synthesize(text, syn_config=self._how)]
        return to_int16(np.concatenate([np.zeros(0, np.float32), *sound]))


def make_voice(settings: VoiceSettings) -> PiperVoice:
    """The voice for a worker. Raises ImportError without the extra, ValueError for a name, else as `need_file`."""
    try:
        import piper
    except ImportError as error:
        raise ImportError("the voice Piper needs an extra: pip install 'duetto[piper]' (GPL-3)") from error
    name = _NAME.fullmatch(settings.name)
    if name is None:
        raise ValueError(f'name: a Piper voice such as "en_US-lessac-medium" (got {settings.name!r})')
    language = f"{name['family']}_{name['region']}"
    folder = model_folder(settings.model, "piper")
    files = [
        need_file(
            folder / f"{settings.name}{ending}",
            f"{_COLLECTION}/{name['family']}/{language}/{name['voice']}/{name['quality']}/{settings.name}{ending}",
            download=settings.download,
            limit_s=settings.download_limit_s,
        )
        for ending in (".onnx", ".onnx.json")
    ]
    how = piper.SynthesisConfig(
        length_scale=_USUAL_WORDS_PER_MINUTE / settings.words_per_minute, volume=settings.volume / 100
    )
    return PiperVoice(piper.PiperVoice.load(files[0], config_path=files[1]), how)
