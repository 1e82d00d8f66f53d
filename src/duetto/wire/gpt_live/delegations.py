"""Work that the talk hands on: to the application, or to the brain's backend with functions of the application."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from duetto.timeline.clock import NS_PER_MS, NS_PER_S
from duetto.timeline.command import Answer, Remember
from duetto.wire.gpt_live.config import ToResponses
from duetto.wire.gpt_live.events import FunctionCallOutput, ItemMessage, text_of
from duetto.wire.gpt_live.nested import Emit, Nested
from duetto.wire.gpt_live.setting import DELEGATE, Setting, least_tokens
from duetto.wire.gpt_live.trouble import Wrong, convert
from duetto.wire.happening import CallMade, ReplyBegan, ReplyEnded, ReplyText
from duetto.wire.seat import Seat

MOST_DELEGATIONS: Final = 256
"""Delegations, and calls, that are remembered; the oldest are forgotten beyond them."""
MOST_RESPONSES: Final = 16
"""Responses under way that the client asked for; one more ends the oldest."""
MOST_ITEM_TOKENS: Final = 8_192


@dataclass
class _Call:
    """A call of one of the application's functions. state "open": its outcome is owed; "answered": it came, and
    `response.create` did not yet; "withdrawn": the outcome is not wanted any more.
    """

    call: int
    reply: int
    delegation: str
    state: Literal["open", "answered", "withdrawn"] = "open"


@dataclass
class _Task:
    """Work that the application does by itself."""

    call: int
    open: bool = True


class Delegations:
    """Keeps which id of the wire is which call of the conversation, and tells the client of them.

    emit: sends a server event. setting: the one in force. epoch_s: Unix time (s) of media time 0.
    """

    def __init__(self, seat: Seat, emit: Emit, setting: Callable[[], Setting], epoch_s: float) -> None:
        self._seat = seat
        self._emit = emit
        self._setting = setting
        self._epoch_s = epoch_s
        self._count = 0
        self._items = 0
        self._tasks: OrderedDict[str, _Task] = OrderedDict()
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._of_reply: OrderedDict[int, str] = OrderedDict()
        self._own: OrderedDict[int, Nested] = OrderedDict()  # the server's own calls
        self._asked: OrderedDict[str, Nested] = OrderedDict()  # by the tag of their `Answer`
        self._replies: OrderedDict[int, Nested] = OrderedDict()  # responses whose text is a reply's

    # --- what happens in the conversation -------------------------------------------------------------------------

    def made(self, calls: Sequence[CallMade]) -> None:
        """Calls that were made in one micro-turn: those of one reply are one response."""
        batches: dict[int, list[CallMade]] = {}
        for call in calls:
            if call.own and call.name == DELEGATE and not self._setting().responses:
                self._task(call)
            elif call.own:
                batches.setdefault(call.reply, []).append(call)
            elif self._setting().responses:
                id = self._id("dlg")
                response = self._response(id)
                self._created(id, response)
                response.begin()
                _keep(self._own, call.call, response, MOST_DELEGATIONS)
        for reply, batch in batches.items():
            self._functions(reply, batch)

    def withdrawn(self, number: int) -> None:
        """The outcome of a call is not wanted any more."""
        for id, call in self._calls.items():
            if call.call == number and call.state == "open":
                call.state = "withdrawn"
                self._emit(
                    {
                        "type": "info",
                        "code": "function_call_withdrawn",
                        "message": f"the outcome of {id} is not wanted any more",
                    }
                )
        for task in self._tasks.values():
            if task.call == number:
                task.open = False
        if (response := self._own.pop(number, None)) is not None:
            response.fail("the call was withdrawn")

    def ended(self, number: int, text: str, failed: bool) -> None:
        """One of the server's own calls has come to its end."""
        if (response := self._own.pop(number, None)) is None:
            return
        if failed:
            response.fail(text)
            return
        response.text(text)
        response.complete()

    def began(self, reply: ReplyBegan) -> None:
        """A reply begins: it may be one that the client asked for."""
        if (response := self._asked.pop(reply.tag, None)) is not None:
            _keep(self._replies, reply.reply, response, MOST_RESPONSES)

    def said(self, clause: ReplyText) -> None:
        """The next clause of a reply."""
        if (response := self._replies.get(clause.reply)) is not None:
            response.text(clause.text)

    def over(self, reply: ReplyEnded) -> None:
        """Nothing more of a reply comes."""
        self._of_reply.pop(reply.reply, None)
        if (response := self._replies.pop(reply.reply, None)) is None:
            return
        if reply.how == "failed":
            response.fail(reply.why or "the reply failed")
        else:
            response.complete()

    # --- what the client tells ------------------------------------------------------------------------------------

    def check(self, delegation_id: str | None) -> None:
        """Raises Wrong unless it is null, or a delegation to the application."""
        if delegation_id is None:
            return
        if self._setting().responses:
            raise Wrong("invalid_value", "delegation_id: null, where the server does the work", "delegation_id")
        if delegation_id not in self._tasks:
            raise Wrong("delegation_not_found", "delegation_id: there is no such delegation", "delegation_id")

    def done(self, delegation_id: str | None, text: str) -> bool:
        """The application says what came of a delegation. False: that was said before, or there is none."""
        task = None if delegation_id is None else self._tasks.get(delegation_id)
        if task is None or not task.open:
            return False
        self._seat.outcome(task.call, text)
        task.open = False
        return True

    def item(self, item: dict[str, Any]) -> None:
        """`response.item.create`: the outcome of a call, or a message. Raises Wrong."""
        self._needs_responses("response.item.create")
        kind = item.get("type") or ("message" if "role" in item else None)
        if kind == "function_call_output":
            self._outcome(convert(item, FunctionCallOutput, "item"))
        elif kind == "message":
            self._message(convert(item, ItemMessage, "item"))
        elif kind is None:
            raise Wrong("missing_required_parameter", "missing field item.type", "item.type")
        else:
            text = f"item.type: function_call_output or message, not {str(kind)[:64]!r}"
            raise Wrong("unsupported_value", text, "item.type")

    def create(self) -> None:
        """`response.create`: the delegated work goes on, or a reply is wanted. Raises Wrong."""
        self._needs_responses("response.create")
        if owed := [id for id, call in self._calls.items() if call.state == "open"]:
            text = f"response.create: the outcome of {', '.join(owed[:8])} is still owed"
            raise Wrong("function_call_output_missing", text)
        answered = {id: call for id, call in self._calls.items() if call.state == "answered"}
        if not answered:
            self._answer()
            return
        for reply, delegation in {call.reply: call.delegation for call in answered.values()}.items():
            self._go_on(reply, delegation)
        for id in answered:
            del self._calls[id]

    # --- within ---------------------------------------------------------------------------------------------------

    def _task(self, call: CallMade) -> None:
        id = self._id("dlg")
        _keep(self._tasks, id, _Task(call.call), MOST_DELEGATIONS)
        self._created(id, None)

    def _functions(self, reply: int, calls: list[CallMade]) -> None:
        known = self._of_reply.get(reply)
        delegation = known or self._id("dlg")
        response = self._response(delegation)
        if known is None:
            _keep(self._of_reply, reply, delegation, MOST_DELEGATIONS)
            self._created(delegation, response)
        response.begin()
        for call in calls:
            id = self._id("call")
            _keep(self._calls, id, _Call(call.call, reply, delegation), MOST_DELEGATIONS)
            response.call(self._id("fc"), id, call.name, call.arguments)
        response.complete()

    def _go_on(self, reply: int, delegation: str) -> None:
        """The response that follows the outcomes: what the reply says from here on, where it still says something."""
        response = self._response(delegation)
        response.begin()
        if reply in self._of_reply and reply not in self._replies:
            _keep(self._replies, reply, response, MOST_RESPONSES)
        else:
            response.complete()

    def _answer(self) -> None:
        response = self._response(None)
        self._seat.command(Answer(tag=response.id))
        response.begin()
        _keep(self._asked, response.id, response, MOST_RESPONSES)

    def _outcome(self, output: FunctionCallOutput) -> None:
        call = self._calls.get(output.call_id)
        if call is None:
            raise Wrong("function_call_not_found", "item.call_id: there is no such call", "item.call_id")
        if call.state == "answered":
            raise Wrong("function_call_answered", "item.call_id: its outcome has come already", "item.call_id")
        text = output.text()
        if call.state == "open":  # of one that was withdrawn it is no fault of the client's: the two crossed
            self._seat.outcome(call.call, text)
        call.state = "answered"

    def _message(self, message: ItemMessage) -> None:
        roles: dict[str, Literal["user", "duetto", "system"]] = {
            "user": "user",
            "assistant": "duetto",
            "system": "system",
            "developer": "system",
        }
        who = roles.get(message.role)
        if who is None:
            raise Wrong("invalid_value", f"item.role: one of {', '.join(roles)}", "item.role")
        text = text_of(message.content, "item.content")
        if least_tokens(text) > MOST_ITEM_TOKENS:
            raise Wrong("string_above_max_length", f"item.content: at most {MOST_ITEM_TOKENS} tokens", "item.content")
        self._seat.command(Remember(f"item:{self._items}", who, text))
        self._items += 1

    def _needs_responses(self, event: str) -> None:
        if not self._setting().responses:
            raise Wrong("invalid_delegation", f"{event} requires Responses delegation", "type")

    def _created(self, id: str, response: Nested | None) -> None:
        """Tell of a delegation: to the application, or with the first response of the backend's."""
        delegation = {"type": "delegation", "id": id, "target": "client" if response is None else "responses"}
        if response is not None:
            delegation["response_id"] = response.id
        at = self._seat.now // NS_PER_MS
        self._emit({"type": "session.delegation.created", "delegation": delegation, "offset_ms": at})

    def _response(self, delegation: str | None) -> Nested:
        setting = self._setting().delegation
        backend = setting.responses if isinstance(setting, ToResponses) else None
        model = getattr(backend, "model", "")
        at = int(self._epoch_s + self._seat.now / NS_PER_S)
        return Nested(self._emit, id=self._id("resp"), delegation=delegation, model=str(model), created_at=at)

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._seat.id}_{self._count}"


def _keep(book: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    """Put into a book that forgets the oldest; a response that is forgotten has ended."""
    book[key] = value
    while len(book) > most:
        _, old = book.popitem(last=False)
        if isinstance(old, Nested):
            old.fail("too many responses at once")
