"""The machine's sound devices, through sounddevice and PortAudio (extra `mic`)."""

from __future__ import annotations

import importlib
from typing import Any, Literal

from duetto.media.problem import MediaError

Direction = Literal["input", "output"]
_PARTS: dict[Direction, str] = {"input": "microphone", "output": "speaker"}


def sound_system(part: str) -> Any:
    """The sounddevice module. Raises MediaError for `part` that says what is missing and how to get it."""
    try:
        return importlib.import_module("sounddevice")
    except ImportError:
        raise MediaError(part, "extra mic", "sounddevice is not installed: pip install 'duetto[mic]'") from None
    except OSError:
        how = "apt install libportaudio2, or brew install portaudio"
        raise MediaError(part, "extra mic", f"the PortAudio library is not installed: {how}") from None


def find_device(system: Any, direction: Direction, device: int | str | None) -> dict[str, Any]:
    """What PortAudio knows of a device; None for the default one. Raises MediaError that lists those there are."""
    part = _PARTS[direction]
    try:
        found: dict[str, Any] = system.query_devices(device, direction)
    except (ValueError, system.PortAudioError) as error:
        names = [each["name"] for each in system.query_devices() if each[f"max_{direction}_channels"] > 0]
        there = f"there are: {', '.join(names)}" if names else "this machine has none"
        wanted = "the default one" if device is None else repr(device)
        raise MediaError(part, "device", f"{wanted} cannot be used ({_first_line(error)}); {there}") from None
    return found


def start(stream_of: Any, part: str, system: Any, **settings: Any) -> Any:
    """Open a stream and start it. Raises MediaError with PortAudio's reason."""
    stream = None
    try:
        stream = stream_of(**settings)
        stream.start()
    except (ValueError, system.PortAudioError) as error:
        if stream is not None:
            stream.close()
        raise MediaError(part, "device", f"it cannot be opened ({_first_line(error)})") from None
    return stream


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].strip() if str(error) else type(error).__name__
