"""The cascade: perception, interaction and speech joined into one `InteractionModel`.

On the tick it does only what is cheap; everything slow leaves as a job and comes back as an arrival. It holds no
thread, socket, file or clock, so the same turns give the same outputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import numpy as np

from duetto.interaction import action as do
from duetto.interaction.microturn import decide
from duetto.interaction.percept import Ears, Mouth, Percept
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.state import State
from duetto.models.briefing import Briefing
from duetto.models.model import Output
from duetto.models.picture_book import PictureBook
from duetto.models.talk_book import TalkBook
from duetto.models.tool_book import ToolBook
from duetto.models.watch_book import WatchBook, told
from duetto.perception.audio.pipeline import AudioPipeline, AudioSettings
from duetto.perception.audio.vad import Floats
from duetto.perception.text.pipeline import TypingPipeline, TypingSettings
from duetto.perception.video.pipeline import VideoPipeline, VideoSettings
from duetto.speech.ledger import ClauseCut, ClauseDone, ClauseStarted
from duetto.speech.pipeline import SpeechPipeline
from duetto.speech.playout import PlayoutSettings
from duetto.speech.speaking import Piece, Speaking
from duetto.timeline.arrival import Bodies, Faces, Fault, Finished, Hypothesis, Speech, Texts
from duetto.timeline.clock import Laps, s
from duetto.timeline.command import Brief, Erase, Manner, Remember, SpeakAs
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Abort, Ask, Call, Context, Forget, Job, Keep, Remark, Weigh
from duetto.timeline.payload import Line, Notice, Shown
from duetto.timeline.timeline import Timeline, TimelineSettings
from duetto.timeline.turn import DELTA, Samples, Turn


@dataclass(frozen=True, slots=True)
class CascadeSettings:
    """Every part's settings, and what a brain is told."""

    timeline: TimelineSettings = field(default_factory=TimelineSettings)
    """How much is remembered."""
    audio: AudioSettings = field(default_factory=AudioSettings)
    """How the microphone is heard."""
    camera: VideoSettings = field(default_factory=VideoSettings)
    """How the camera is watched."""
    screen: VideoSettings = field(default_factory=VideoSettings)
    """How a shared screen is watched."""
    typing: TypingSettings = field(default_factory=TypingSettings)
    """How typing is followed."""
    interaction: InteractionSettings = field(default_factory=InteractionSettings)
    """When to speak, wait, duck and stop."""
    speech: PlayoutSettings = field(default_factory=PlayoutSettings)
    """How the voice is played out."""
    history: int = 200
    """Remarks of the conversation that a brain is told, at most."""
    seen_for: int = s(60)
    """How far back (ns) a brain is told what was seen."""
    seen_most: int = 64
    """Things seen that a brain is told, at most."""
    pictures: int = 0
    """Pictures of camera and screen that a brain is shown at most, the newest; 0 for none."""
    picture_gap: int = s(1)
    """ns that lie between those pictures, but for the newest."""
    aside_db: float = -6.0
    """Level of sounds of listening relative to the voice, dB."""


class Cascade:
    """One conversation's perception, interaction and speech.

    epoch_ns: unix time (ns) of media time 0. delta: length of a micro-turn (ns).
    """

    def __init__(self, settings: CascadeSettings | None = None, *, epoch_ns: int, delta: int = DELTA) -> None:
        self.settings = settings or CascadeSettings()
        self.timeline = Timeline(self.settings.timeline)
        self._epoch_ns = epoch_ns
        self._delta = delta
        self._audio = AudioPipeline(self.settings.audio)
        self._camera = VideoPipeline(self.settings.camera, "camera")
        self._screen = VideoPipeline(self.settings.screen, "screen")
        self._typing = TypingPipeline(self.settings.typing)
        self._speech = SpeechPipeline(self.settings.speech, delta=delta)
        self._state = State(self.settings.interaction)
        self._talk = TalkBook(self.settings.history, self._speech.ledger)
        self._briefing = Briefing()
        self._speaking = Speaking(0)
        self._clauses: dict[int, str] = {}  # planned and not begun
        self._begun: list[str] = []
        self._seen_face = False
        self._laps = Laps()
        self._tools = ToolBook()
        self._watching = WatchBook()
        self._pictures = PictureBook(self.settings.pictures, self.settings.picture_gap)

    # --- InteractionModel -------------------------------------------------------------------------------------

    def step(self, turn: Turn) -> Output:
        now = turn.span.end
        jobs: list[Job] = []
        laps = self._laps
        laps.start()
        if turn.round == 0:
            for event in self._speech.begin(now, self.timeline):
                if isinstance(event, ClauseStarted):
                    self._begun.append(self._clauses.pop(event.clause, ""))
                    self._talk.began(event.reply, event.at)
                elif isinstance(event, ClauseDone):
                    self._begun.append(self._clauses.pop(event.clause, ""))  # still there if it had no sound
                elif isinstance(event, ClauseCut):
                    self._clauses.pop(event.clause, None)
                    self._talk.cut(event.reply)
            laps.lap("speech")
            jobs += self._audio.step(turn, self.timeline)
            laps.lap("audio")
            if turn.camera or self._camera.begun:
                jobs += self._camera.step(turn, self.timeline)
                laps.lap("camera")
            if turn.screen or self._screen.begun:
                jobs += self._screen.step(turn, self.timeline)
                laps.lap("screen")
            if turn.camera or turn.screen:
                self._pictures.take(turn)
            if turn.keys or not self._typing.resting:
                self._typing.step(turn, self.timeline)
                laps.lap("keys")
            if turn.commands:
                self._take_commands(turn)
        else:
            if self._brings_nothing_new(turn):
                return self._go_on(turn)
            if any(isinstance(arrival, Hypothesis | Finished) for arrival in turn.arrivals):
                jobs += self._audio.step(turn, self.timeline)
                laps.lap("audio")
            if any(isinstance(arrival, Faces | Bodies | Texts) for arrival in turn.arrivals):
                jobs += self._camera.step(turn, self.timeline)
                laps.lap("camera")
                jobs += self._screen.step(turn, self.timeline)
                laps.lap("screen")
        self._take_speech(turn)
        self._talk.settle_turns(turn.arrivals)
        self._tools.take(turn.arrivals, now, self.timeline)

        perceived = self.timeline.drain()
        self._speaking = self._speech.speaking(now)
        laps.lap("speech")
        percept = self._percept(turn, perceived)
        actions: tuple[do.Action, ...]
        self._state, actions = decide(self._state, percept)
        # A new line is history only now: the request being answered is not in its own context.
        asks = actions and any(isinstance(action, do.AskBrain) for action in actions)
        context = self._context(now) if asks else None
        self._talk.remember(perceived, self._speaking.ended, now)
        text: list[str] = []
        for action in actions:
            jobs += self._carry_out(action, now, context, text)
        self._talk.take_back(turn.commands)
        if actions and any(isinstance(action, do.Watch | do.Unwatch) for action in actions):
            jobs += self._watching.want(self._state.orders, self._camera, self._screen)
        self._watching.settle(now, self.timeline)
        laps.lap("interaction")
        self._speech.write(now, self.timeline)
        jobs += self._speech.jobs()
        laps.lap("speech")
        return Output(now, (*perceived, *self.timeline.drain()), actions, tuple(jobs), tuple(text))

    def windows(self, turn: Turn) -> Floats:
        """What of a turn's sound the voice activity model is to judge, float32 (k, 512), where an engine has it judged
        with that of others: `judged` is to follow, then `step`.
        """
        return self._audio.windows(turn.samples)

    def judged(self, probabilities: Floats) -> None:
        """The probabilities, shape (k,), of what `windows` gave last."""
        self._audio.judged(probabilities)

    def voice(self, span: Span) -> Samples:
        self._laps.start()
        voice = self._speech.slice(span)
        self._laps.lap("speech")
        return voice

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return self._speech.playout.pieces

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What has been said so far, as a brain is told it, with what of the latest is not history yet."""
        return self._talk.remarks_at(self._speaking.at, self._audio.hearing)

    @property
    def busy(self) -> bool:
        state = self._state
        called = state.owed is not None or any(call.stage == "running" for call in state.calls)
        return state.turn is not None or bool(state.replies) or called or self._speaking.sounding

    def costs(self) -> dict[str, int]:
        return self._laps.take()

    def sights(self) -> dict[str, tuple[int, int]]:
        return {
            f"{pipeline.stream} {level}": (cost.ran, cost.ns)
            for pipeline in (self._camera, self._screen)
            if pipeline.begun
            for level, cost in pipeline.take_costs().items()
        }

    # --- in ---------------------------------------------------------------------------------------------------

    def _brings_nothing_new(self, turn: Turn) -> bool:
        """Are all arrivals of this later round more sound of the voice, or the words that are known already?

        What may be new in those, how sure and how long they are, is decided on in the next micro-turn.
        """
        for arrival in turn.arrivals:
            if isinstance(arrival, Hypothesis):
                if not self._audio.knows(arrival):
                    return False
            elif not isinstance(arrival, Speech):
                return False
        return not self._begun

    def _go_on(self, turn: Turn) -> Output:
        """Such a round: it is taken in, and the voice is asked for what follows."""
        now = turn.span.end
        self._audio.step(turn, self.timeline)
        self._laps.lap("audio")
        self._take_speech(turn)
        jobs = self._speech.jobs()
        self._laps.lap("speech")
        return Output(now, self.timeline.drain(), (), jobs, ())

    def _take_speech(self, turn: Turn) -> None:
        for arrival in turn.arrivals:
            if isinstance(arrival, Speech):
                aside = self._talk.listens(arrival.clause)
                self._speech.supply(_quieter(arrival, self.settings.aside_db) if aside else arrival)
            elif isinstance(arrival, Fault) and arrival.clause is not None:
                if self._speech.fail(arrival.clause):
                    self._begun.append(self._clauses.pop(arrival.clause, ""))

    def _take_commands(self, turn: Turn) -> None:
        """What the application tells of the conversation, before anything is decided on it."""
        for index, command in enumerate(turn.commands, 1):
            match command:
                case Brief():
                    self._briefing.take(command)
                case Manner():
                    self._audio.patient = command.ends == "told"
                case SpeakAs():
                    self._speech.speak_as(command.voice, command.speed)
                case Remember():
                    # Each has a time of its own: what is told at one is forgotten at once where it is too long.
                    at = turn.span.end - len(turn.commands) + index - command.ago
                    source = f"told:{command.source}"
                    self._talk.tell(command, at, source)
                    if command.picture:
                        self._pictures.give(at, command.picture, source)
                case Erase() if command.source.startswith("told:"):
                    self._talk.erase(command.source)
                    self._pictures.erase(command.source)

    def _percept(self, turn: Turn, perceived: tuple[Increment, ...]) -> Percept:
        hearing = self._audio.hearing
        speaking = self._speaking
        begun, self._begun = tuple([text for text in self._begun if text]), []
        return Percept(
            now=turn.span.end,
            delta=self._delta,
            ears=Ears(
                voice=hearing.voice,
                stirring=hearing.stirring,
                since=hearing.since,
                ended=hearing.ended,
                utterance=hearing.utterance,
                words=hearing.words,
                stable=hearing.stable,
                caught_up=hearing.caught_up,
                level=hearing.level,
                ending=hearing.ending,
                finished=hearing.finished,
                behind=self._audio.behind(turn.span.end),
            ),
            mouth=Mouth(
                sounding=speaking.sounding,
                reply=speaking.reply,
                left=speaking.left,
                begun=begun,
                finishing=speaking.finishing if speaking.begun else None,
            ),
            lines=tuple([i.payload.text for i in perceived if isinstance(i.payload, Line)]),
            typing=self._typing.reading.typing,
            commands=turn.commands,
            facing=self._facing(),
            seen=self._watching.sightings(perceived, self._stalled()) if perceived else (),
            arrivals=turn.arrivals,
            typed=self._typing.reading.draft,
            moving=self._watching.moving,
        )

    def _stalled(self) -> frozenset[str]:
        if not (self._camera.stalled or self._screen.stalled):
            return frozenset()
        return frozenset(pipeline.stream for pipeline in (self._camera, self._screen) if pipeline.stalled)

    def _facing(self) -> bool | None:
        """Whether a face is in the camera's picture; None until one has been."""
        here = self._camera.faces
        self._seen_face = self._seen_face or here
        return here if self._seen_face else None

    # --- out --------------------------------------------------------------------------------------------------

    def _carry_out(self, action: do.Action, now: int, context: Context | None, text: list[str]) -> tuple[Job, ...]:
        speech = self._speech
        match action:
            case do.AskBrain():
                assert context is not None
                told = self._briefing.context(context, action)
                how, aloud = action.how, not action.shown
                return (Ask(action.reply, action.text, how, action.draft, told, action.may_call, aloud),)
            case do.KeepReply():
                return (Keep(action.reply),)
            case do.DropReply():
                self._talk.said(action.reply, now)
                speech.drop(action.reply)
                return (Forget(action.reply),)
            case do.TrimReply():
                speech.trim(action.reply)
                return (Forget(action.reply),)
            case do.CallTool():
                use = self._tools.begin(action.call, action.name, action.arguments, now, self.timeline)
                if self._briefing.offers(action.name):
                    return ()  # the application sees the action, and owes the outcome
                return (Call(use.call, use.name, use.arguments, self._context(now)),)
            case do.AbortCall():
                return (Abort(action.call),) if self._tools.withdraw(action.call, now, self.timeline) else ()
            case do.DeclineCall():
                self._tools.decline(action.call, action.name, action.arguments, now)
            case do.PlanClause():
                self._clauses[action.clause] = action.text
                if action.aside:
                    self._talk.listening(action.clause, action.reply)
                speech.plan(
                    action.clause,
                    action.reply,
                    action.text,
                    action.place,
                    held=action.held,
                    goes_on=action.goes_on,
                )
            case do.ReleaseReply():
                speech.release(action.reply)
            case do.Duck():
                speech.duck()
            case do.Restore():
                speech.restore()
            case do.Hold():
                speech.hold()
            case do.Resume():
                speech.resume()
            case do.EndTurn():
                if not action.counts:
                    return self._audio.discard_utterance(now)
                self._talk.turn_over(action, now)
                return self._audio.end_utterance(now, action.utterance)
            case do.Show():
                text.append(action.text)
                if action.reply is not None and not self._briefing.apart(action.reply):
                    self._talk.shown(action.reply, action.text, now)
                self.timeline.add(
                    "text",
                    Span(now, now),
                    Shown(action.text, action.reply),
                    at=now,
                    source="interaction",
                    committed=True,
                )
            case do.Tell():
                self.timeline.add(
                    "acts",
                    Span(now, now),
                    Notice(action.part, action.text),
                    at=now,
                    source="interaction",
                    committed=True,
                )
            case do.Fire():
                self._watching.fire(action, now, self.timeline)
            case do.Unfire():
                self._watching.unfire(action, now, self.timeline)
            case do.Inquire():
                return (Weigh(action.number, action.question, self._context(now), action.stream),)
            case do.Watch() | do.Unwatch():
                pass  # they live in the interaction's state; the actions are there to be seen
        return ()

    # --- what a brain is told -----------------------------------------------------------------------------------

    def _context(self, now: int) -> Context:
        speaking = self._speaking
        said = speaking.begun or bool(speaking.heard)
        span = Span(max(0, now - self.settings.seen_for), now)
        seen = [i for stream in ("camera", "screen") for i in self.timeline.between(stream, span)]
        return Context(
            now=now,
            epoch_ns=self._epoch_ns,
            history=self._talk.remarks,
            typing=self._typing.reading.draft,
            seen=tuple(seen[-self.settings.seen_most :]),
            saying=speaking.reply if said else None,
            heard=speaking.heard if said else "",
            unsaid=speaking.unsaid if said else "",
            finishing=speaking.finishing if speaking.begun and not speaking.held else "",
            orders=tuple(standing.order.name for standing in self._state.orders),
            standing=tuple(told(standing) for standing in self._state.orders),
            tools=self._tools.uses,
            pictures=self._pictures.shown,
        )


def _quieter(speech: Speech, decibels: float) -> Speech:
    samples = np.frombuffer(speech.samples, "<i2") * 10 ** (decibels / 20)
    return msgspec.structs.replace(speech, samples=samples.astype("<i2").tobytes())
