"""How long a silence ends the user's turn: estimated anew in every micro-turn, from all that is known of the turn."""

from __future__ import annotations

from dataclasses import dataclass

from duetto.interaction.settings import HESITATIONS, LEADS_ON, InteractionSettings
from duetto.timeline.arrival import More, Understood


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against the turn's end.

    understood, more: what the brain makes of its words. sure: confidence that these are the words. untold: how long
    before the end of the voice the last of them ended (ns). listened: duetto has given a sound of listening in this
    turn. last: the last of them. ending: semitones by which the pitch ended above its median. finished: how probable
    the end is by the sound, None where nobody has said. asked: duetto has just asked a question. own_pause: how long
    this user's pauses are (ns). typing: the user is typing. facing: a face is in the picture, None where there is no
    picture.
    """

    understood: Understood | None = None
    more: More = "no"
    sure: float = 1.0
    untold: int = 0
    listened: bool = False
    last: str = ""
    ending: float | None = None
    finished: float | None = None
    asked: bool = False
    own_pause: int | None = None
    typing: bool = False
    facing: bool | None = None


def patience(settings: InteractionSettings, evidence: Evidence) -> int:
    """The silence (ns) after which the turn has ended."""
    match evidence.understood, evidence.more:
        case "whole", "no":
            silence = settings.whole_silence
        case "whole", "maybe":
            silence = settings.open_silence
        case "whole", "likely":
            silence = settings.likely_silence
        case "half", _:
            silence = settings.half_silence
        case _:
            silence = settings.unknown_silence
    if evidence.sure < settings.sure:
        silence = max(silence, settings.unknown_silence)
    unsure = evidence.sure < settings.sure_of_end or evidence.untold >= settings.untold_longest or evidence.listened
    if unsure:
        silence = max(silence, settings.unsure_silence)
    last = evidence.last.lower()
    if last in HESITATIONS or (last in LEADS_ON and evidence.understood != "whole"):
        silence = max(silence, settings.hesitation_silence)
    elif evidence.asked and evidence.understood != "half":
        silence = round(silence * settings.asked_factor)
    if evidence.ending is not None and abs(evidence.ending) < settings.level_pitch:
        silence = round(silence * settings.level_pitch_factor)
    if evidence.finished is not None:
        finished = evidence.finished >= settings.sure_finished
        silence = round(silence * (settings.finished_factor if finished else settings.unfinished_factor))
    if evidence.own_pause is not None and (unsure or evidence.understood != "whole"):
        silence = max(silence, min(round(settings.own_pause_factor * evidence.own_pause), settings.hesitation_silence))
    if evidence.typing or evidence.facing is False:
        silence = round(silence * settings.elsewhere_factor)
    return silence
