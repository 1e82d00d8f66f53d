"""The user's side: the input buffer, the turns that come of it, and their transcripts."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any, Final

from duetto.models.model import MicroTurn
from duetto.timeline.clock import NS_PER_MS, in_ms, in_s, ms, s
from duetto.timeline.command import Discard, Erase, Over
from duetto.wire.happening import TurnBegan, TurnEnded, TurnWords
from duetto.wire.openai_realtime.items import Conversation, Item, message
from duetto.wire.openai_realtime.outlet import Outlet
from duetto.wire.openai_realtime.setting import Setting
from duetto.wire.openai_realtime.trouble import Wrong
from duetto.wire.seat import Seat

SHORTEST: Final = ms(100)
"""Sound (ns) that a commit needs, as in the protocol."""
LATE: Final = s(3)
"""Ns after which a commit that no turn came of is known to have had no words."""
MOST_OPEN: Final = 64
"""Turns, and commits, that may be under way at once; the oldest is given up."""


@dataclass(eq=False, slots=True)
class _Turn:
    """id: of its item, "" until it has one. item: once the client knows it. shown: begin and end are told. told: words
    of the transcript told so far.
    """

    number: int
    at: int
    id: str = ""
    item: Item | None = None
    shown: bool = False
    ended: int | None = None
    words: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class _Commit:
    """A commit that no turn is known of yet. taken: media time (ns) at which the conversation took it, if it has."""

    item: Item
    taken: int | None = None


class Turns:
    """What the user says becomes items: by voice activity, or by `commit`.

    A commit is answered at once with its item, as in the protocol, though its sound may still have to be heard; the
    turn that comes of it is then that item. Only where the client has been told that a turn has begun, a commit ends
    that turn, and its item comes with the end.
    """

    def __init__(self, seat: Seat, outlet: Outlet, conversation: Conversation, setting: Setting) -> None:
        self.setting = setting
        self._seat = seat
        self._outlet = outlet
        self._conversation = conversation
        self._turns: OrderedDict[int, _Turn] = OrderedDict()
        self._commits: deque[_Commit] = deque()
        self._overs: deque[_Commit | None] = deque(maxlen=MOST_OPEN)  # sent, not taken yet; None: its turn was known
        self._buffered = 0  # ns of sound since the last commit or clear
        self._deaf = ""  # why the recogniser does not work

    @property
    def speaking(self) -> bool:
        """The user is in the middle of a turn."""
        return any(turn.ended is None for turn in self._turns.values())

    # --- from the client ------------------------------------------------------------------------------------------

    def heard(self, length: int) -> None:
        """So much sound (ns) was appended."""
        self._buffered += length

    def commit(self, *, checked: bool = True) -> None:
        """checked: sound comes by this wire alone, so there must be some. Raises Wrong."""
        if checked and self._buffered < SHORTEST:
            text = f"the input audio buffer has {in_ms(self._buffered):.0f} ms of sound, at least 100 are needed"
            raise Wrong("input_audio_buffer_commit_empty", text)
        self._buffered = 0
        self._seat.command(Over())
        turn = next((turn for turn in self._turns.values() if turn.ended is None and turn.item is None), None)
        if turn is not None and turn.shown:
            self._overs.append(None)
            return  # it ends now, and its item comes with that
        item = self._new_item()
        self._committed(item)
        if turn is not None:
            self._overs.append(None)
            self._adopt(turn, item)
            return
        commit = _Commit(item)
        self._overs.append(commit)
        self._commits.append(commit)
        if len(self._commits) > MOST_OPEN:
            self._complete(self._commits.popleft().item, "", 0)

    def clear(self) -> None:
        self._buffered = 0
        self._seat.forget_sound()
        self._seat.command(Discard())
        self._outlet.emit("input_audio_buffer.cleared")

    def idle(self, since: int, now: int) -> Item:
        """Nothing was said from `since` to `now` (ns): that is an item too. Returns it."""
        item = self._new_item()
        self._outlet.emit(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=since // NS_PER_MS,
            audio_end_ms=now // NS_PER_MS,
            item_id=item.id,
        )
        self._committed(item)
        return item

    # --- from the conversation ------------------------------------------------------------------------------------

    def follow(self, micro_turn: MicroTurn) -> None:
        """Before the happenings of a micro-turn: which commits it took."""
        for turn in micro_turn.turns:
            for command in turn.commands:
                commit = self._overs.popleft() if isinstance(command, Over) and self._overs else None
                if commit is not None:
                    commit.taken = micro_turn.span.end

    def settle(self, now: int) -> None:
        """After them: commits that no turn came of had no words."""
        while self._commits and self._commits[0].taken is not None and now - self._commits[0].taken >= LATE:
            self._complete(self._commits.popleft().item, "", 0)

    def began(self, happening: TurnBegan) -> None:
        turn = _Turn(happening.turn, happening.at)
        self._turns[happening.turn] = turn
        while len(self._turns) > MOST_OPEN:
            self._turns.popitem(last=False)
        commit = self._commits[0] if self._commits else None
        if commit is not None and (commit.taken is None or happening.at < commit.taken):
            self._commits.popleft()
            self._adopt(turn, commit.item)
        elif self.setting.turn_detection is not None:
            turn.id, turn.shown = self._outlet.new_id("item"), True
            start = max(0, happening.at - self.setting.prefix) // NS_PER_MS
            self._outlet.emit("input_audio_buffer.speech_started", audio_start_ms=start, item_id=turn.id)

    def ended(self, happening: TurnEnded) -> None:
        turn = self._turns.get(happening.turn)
        if turn is None or turn.ended is not None:
            return
        turn.ended = max(turn.at, happening.at)
        if turn.shown:
            end = turn.ended // NS_PER_MS
            self._outlet.emit("input_audio_buffer.speech_stopped", audio_end_ms=end, item_id=turn.id)
        if happening.discarded:
            del self._turns[happening.turn]
            if turn.item is not None:
                self._complete(turn.item, "", turn.ended - turn.at)
            return
        if turn.item is None:
            item = self._new_item(turn.id)
            self._adopt(turn, item)
            self._buffered = 0
            self._committed(item)

    def words(self, happening: TurnWords) -> None:
        turn = self._turns.get(happening.turn)
        if turn is None:
            return
        words = tuple(happening.text.split())
        if happening.final:
            del self._turns[happening.turn]
            if turn.item is not None:
                self._tell(turn, words)
                self._complete(turn.item, happening.text, (turn.ended or turn.at) - turn.at)
                if turn.item.erased:  # before its words were in the conversation
                    self._seat.command(Erase(f"turn:{turn.number}"))
            return
        # Clients append deltas and cannot take one back: only words that two states in a row agree on are told.
        agreed = _common(turn.words, words)
        turn.words = words
        if turn.item is not None or self.setting.transcription_only:
            self._tell(turn, agreed)

    def noticed(self, part: str, text: str, working: bool) -> None:
        """A part of the conversation fails, or works again."""
        if part == "recogniser":
            self._deaf = "" if working else text

    # --- both -----------------------------------------------------------------------------------------------------

    def _new_item(self, id: str = "") -> Item:
        body = message(id or self._outlet.new_id("item"), "user", [{"type": "input_audio", "transcript": None}])
        return Item(body)

    @staticmethod
    def _adopt(turn: _Turn, item: Item) -> None:
        turn.id, turn.item = item.id, item
        item.turn = turn.number

    def _committed(self, item: Item) -> None:
        previous = self._conversation.add(item)
        emit = self._outlet.emit
        emit("input_audio_buffer.committed", item_id=item.id, previous_item_id=previous)
        emit("conversation.item.added", item=item.body, previous_item_id=previous)
        emit("conversation.item.done", item=item.body, previous_item_id=previous)

    def _tell(self, turn: _Turn, words: tuple[str, ...]) -> None:
        """Further words of its transcript, if they go on from those told."""
        if not self.setting.transcribes or len(words) <= len(turn.told) or words[: len(turn.told)] != turn.told:
            return
        if not turn.id:  # in a session without voice activity: its commit is still to come
            return
        new = " ".join(words[len(turn.told) :])
        delta = f" {new}" if turn.told else new
        turn.told = words
        self._outlet.emit(
            "conversation.item.input_audio_transcription.delta", item_id=turn.id, content_index=0, delta=delta
        )

    def _complete(self, item: Item, text: str, length: int) -> None:
        item.body["content"][0]["transcript"] = text
        self._conversation.weigh(item)
        if not self.setting.transcribes:
            return
        common: dict[str, Any] = {"item_id": item.id, "content_index": 0}
        if self._deaf and not text:
            error = {"type": "server_error", "code": "transcription_failed", "message": self._deaf, "param": None}
            self._outlet.emit("conversation.item.input_audio_transcription.failed", **common, error=error)
            return
        self._outlet.emit(
            "conversation.item.input_audio_transcription.completed",
            **common,
            transcript=text,
            usage={"type": "duration", "seconds": round(in_s(length), 3)},
        )


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The words that both begin with."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return one[:count]
