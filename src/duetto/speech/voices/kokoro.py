"""Kokoro (82 M parameters, Apache-2.0) through `kokoro-onnx`: the extra "kokoro". Written for kokoro-onnx 0.4 to 0.6.

Its files, `kokoro-v1.0.onnx` (310 MB) and `voices-v1.0.bin`, come from the package's releases. It tells no word
times on all its models, so that they are laid over the sound by the letters of the words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from duetto.speech.voice import Chunk
from duetto.speech.voices.sentences import model_folder, need_file, say_pieces, to_int16

if TYPE_CHECKING:
    from duetto.speech.voice import VoiceSettings

_RELEASE: Final = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0"
_MODEL: Final = "kokoro-v1.0.onnx"
_VOICES: Final = "voices-v1.0.bin"
_RATE: Final = 24_000
_USUAL_WORDS_PER_MINUTE: Final = 175
_LANGUAGES: Final = {
    "a": "en-us",
    "b": "en-gb",
    "e": "es",
    "f": "fr-fr",
    "h": "hi",
    "i": "it",
    "j": "ja",
    "p": "pt-br",
    "z": "cmn",
}


class KokoroVoice:
    """One Kokoro voice, such as "af_heart". The first letter of its name is its language."""

    def __init__(self, engine: Any, name: str, *, words_per_minute: int = 175, volume: int = 100) -> None:
        """engine: a `kokoro_onnx.Kokoro`. Raises ValueError for a name whose language is unknown."""
        if name[:1] not in _LANGUAGES:
            raise ValueError(f'name: a Kokoro voice such as "af_heart" (got {name!r})')
        self._engine = engine
        self._name = name
        self._speed = min(2.0, max(0.5, words_per_minute / _USUAL_WORDS_PER_MINUTE))
        self._gain = volume / 100

    @property
    def rate(self) -> int:
        return _RATE

    def say(self, text: str, *, goes_on: bool = False) -> Iterator[Chunk]:
        return say_pieces(text, self._make)

    def close(self) -> None:
        self._engine = None

    def _make(self, text: str) -> Any:
        sound, _ = self._engine.create(text, voice=self._name, speed=self._speed, lang=_LANGUAGES[self._name[0]])
        return to_int16(sound * self._gain)


def make_voice(settings: VoiceSettings) -> KokoroVoice:
    """The voice for a worker. Raises ImportError without the extra, else as `need_file`."""
    try:
        from kokoro_onnx import Kokoro
    except ImportError as error:
        raise ImportError("the voice Kokoro needs an extra: pip install 'duetto[kokoro]'") from error
    folder = model_folder(settings.model, "kokoro")
    files = [
        need_file(folder / name, f"{_RELEASE}/{name}", download=settings.download, limit_s=settings.download_limit_s)
        for name in (_MODEL, _VOICES)
    ]
    engine = Kokoro(str(files[0]), str(files[1]))
    return KokoroVoice(engine, settings.name, words_per_minute=settings.words_per_minute, volume=settings.volume)
