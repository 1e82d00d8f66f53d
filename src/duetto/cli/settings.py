"""From the options of a command to the settings of a session."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from duetto.assembly import Settings

Delta = Annotated[float, typer.Option(help="Length of a micro-turn, 20 to 1000 ms.", metavar="MS")]
Horizon = Annotated[float, typer.Option(help="Speech made ahead of the moment it is heard, ms.", metavar="MS")]
OpenVocabulary = Annotated[
    bool, typer.Option("--open-vocabulary", help="Recognise any English words, not only what the brain understands.")
]
RecogniserName = Annotated[str, typer.Option("--recogniser", help="Who turns speech into words.", metavar="NAME")]
VoiceName = Annotated[
    str, typer.Option("--voice", help="Who speaks, and with which voice: espeak, kokoro:af_heart, …", metavar="NAME")
]
SmartTurn = Annotated[
    bool,
    typer.Option("--smart-turn", help="Judge ends of turns by their sound too, for human speech (Smart Turn v3.2)."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing while it runs.")]
Partials = Annotated[bool, typer.Option("--partials", help="Plain lines, with words as soon as they are guessed.")]

DELTA_MS = 40.0
HORIZON_MS = 400.0
RECOGNISER = "pocketsphinx"
VOICE = "espeak"


def settings_of(
    *,
    delta_ms: float = DELTA_MS,
    horizon_ms: float = HORIZON_MS,
    open_vocabulary: bool = False,
    recogniser: str = RECOGNISER,
    voice: str = VOICE,
    smart_turn: bool = False,
) -> Settings:
    """A session's settings. Raises ValueError that names the option and its limits."""
    from duetto.assembly import Settings, with_endpointer
    from duetto.perception.audio.endpointing import EndpointerSettings, model_file
    from duetto.timeline.clock import ms

    for option, milliseconds in (("delta", delta_ms), ("horizon", horizon_ms)):
        if not isfinite(milliseconds):
            raise ValueError(f"{option}: a number of milliseconds is needed (got {milliseconds:g})")
    default = Settings()
    engine, _, name = voice.partition(":")
    speech = replace(default.cascade.speech, horizon=ms(horizon_ms))
    settings = Settings(
        session=replace(default.session, delta=ms(delta_ms)),
        cascade=replace(default.cascade, speech=speech),
        recogniser=replace(default.recogniser, engine=recogniser, open_vocabulary=open_vocabulary),
        voice=replace(default.voice, engine=engine, name=name or default.voice.name),
    )
    if smart_turn:
        model_file(EndpointerSettings())
        settings = with_endpointer(settings, EndpointerSettings())
    return settings
