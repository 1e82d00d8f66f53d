from __future__ import annotations

import base64
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duetto.brain.chat.prompt import RULES, TOOL_RULES, Prompter, flat, stamp
from duetto.timeline.clock import VIRTUAL_EPOCH_NS, s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Ask, Context, Picture, Remark, ToolUse
from duetto.timeline.payload import Colours, Face, Light, Motion, Payload, Scene


def ask(text: str = "and now", how: str = "spoken", draft: bool = False, at: int = s(600), **known: Any) -> Ask:
    return Ask(1, text, how, draft, Context(at, VIRTUAL_EPOCH_NS, **known))  # type: ignore[arg-type]


def seen(id: int, payload: Payload, at: int) -> Increment:
    return Increment(id, "camera", Span(at, at), payload, "committed", at, "test")


def talk(remarks: int, words: int = 20) -> tuple[Remark, ...]:
    """They and duetto in turn, every five seconds."""
    said = " ".join(["word"] * words)
    return tuple(Remark("duetto" if n % 2 else "user", f"{n} {said}", s(5 * n)) for n in range(remarks))


def state(messages: tuple[dict[str, Any], ...]) -> str:
    """The line on how things stand."""
    line = messages[-1]["content"].splitlines()[-1]
    assert line.startswith("(now ") and line.endswith(")")
    return line


@dataclass
class Teller:
    """Tells the same conversation again and again, ever longer, and how much of it had been told before."""

    characters: int = 100_000
    prompter: Prompter = field(init=False)
    told: str = ""

    def __post_init__(self) -> None:
        self.prompter = Prompter("", characters=self.characters, tools=False)

    def tell(self, remarks: int, **known: Any) -> tuple[int, int]:
        """Characters of the talk's messages, and those that the request before had begun with, the last line aside."""
        messages = self.prompter.messages(ask(at=s(5 * remarks), history=talk(remarks), **known))
        size, stable = self.prompter.stable(messages)
        system = len(flat(messages[:1]))
        return size - system, stable - system


def test_the_system_message_has_the_instructions_and_then_the_rules():
    first = Prompter(" Be Ada. ", characters=1000, tools=False).messages(ask())[0]
    assert first == {"role": "system", "content": f"Be Ada.\n\n{RULES}"}
    first = Prompter("", characters=1000, tools=True).messages(ask())[0]
    assert first == {"role": "system", "content": RULES + TOOL_RULES}


def test_all_is_told_in_the_order_of_time():
    use = ToolUse(3, "look_up", '{"of": "tea"}', s(11), "done", "4 euros", s(14))
    messages = Prompter("", characters=9000, tools=True).messages(
        ask(
            history=(
                Remark("user", "tea?", s(10)),
                Remark("duetto", "Let me see.", s(12)),
                Remark("user", "so", s(65)),
            ),
            seen=(seen(1, Motion("left third", 0.2), s(13)),),
            tools=(use,),
        )
    )[1:]
    assert [m["role"] for m in messages] == ["user", "assistant", "user", "assistant", "tool", "user"]
    assert [m["content"] for m in messages[:3]] == [
        "(0:10) tea?",
        "Let me see.",
        "(0:13) (seen by the camera: something moves, left third)",
    ]
    (call,) = messages[3]["tool_calls"]
    assert call["function"] == {"name": "look_up", "arguments": '{"of": "tea"}'}
    assert messages[4] == {"role": "tool", "tool_call_id": call["id"], "content": "4 euros"}
    assert messages[5]["content"].splitlines()[:2] == ["(1:05) so", "(10:00) and now"]


@given(st.lists(st.sampled_from(["user", "duetto", "typed"]), max_size=20))
def test_the_sides_alternate_and_the_user_comes_last(who):
    history = tuple(
        Remark("user", f"{n}", s(n), "typed") if one == "typed" else Remark(one, f"{n}", s(n))
        for n, one in enumerate(who)
    )
    messages = Prompter("", characters=9000, tools=False).messages(ask(history=history))
    roles = [message["role"] for message in messages[1:]]
    assert roles[-1] == "user" and all(a != b for a, b in pairwise(roles))
    told = [word for word in flat(messages[1:]).split() if word.isdecimal() and len(word) <= 2]
    assert told[: len(who)] == [str(n) for n in range(len(who))]


@pytest.mark.parametrize(
    ("use", "told"), [("failed", "(failed) no line"), ("withdrawn", "(withdrawn) no line"), ("done", "no line")]
)
def test_how_a_call_ended_is_told(use, told):
    messages = Prompter("", characters=9000, tools=True).messages(
        ask("", "tool", tools=(ToolUse(1, "phone", "{}", 0, use, "no line", s(3)),))
    )
    assert messages[-2]["content"] == told
    assert "an outcome has come" in state(messages)


def test_a_remark_more_leaves_what_came_before_as_it_was():
    teller = Teller()
    before = teller.tell(40)[0]
    for remarks in range(42, 60, 2):
        size, stable = teller.tell(remarks, heard="so far", saying=remarks, typing="something else")
        assert stable > before - 200, "all but the line on how things stood"
        before = size


def test_what_is_too_long_goes_by_halves_and_seldom():
    teller = Teller(characters=4000)
    sizes, cuts = [], 0
    for remarks in range(2, 200, 2):
        size, stable = teller.tell(remarks)
        sizes.append(size)
        if len(sizes) > 1 and stable < sizes[-2] - 200:
            cuts += 1
            assert size < 0.75 * sizes[-2], "the older half has gone"
    assert max(sizes) < 4000 + 2000
    assert 1 <= cuts <= 200 * 110 // 2000


def test_what_has_the_same_time_goes_together():
    prompter = Prompter("", characters=500, tools=False)
    history = (*(Remark("user", f"r{n} " + "a" * 110, s((n + 1) // 2)) for n in range(6)),)
    first = prompter.messages(ask(history=history))
    assert prompter.messages(ask(history=history)) == first


def test_there_is_an_end_to_how_many_entries_are_told():
    messages = Prompter("", characters=1_000_000, tools=False).messages(ask(history=talk(1000, words=1)))
    assert 100 < len(messages) <= 402
    assert messages[-2]["content"].startswith("999 ")


def test_shortened_it_tells_half_as_much():
    prompter = Prompter("", characters=8000, tools=False)
    asked = ask(history=talk(60))
    before = len(flat(prompter.messages(asked)[1:]))
    prompter.shorten()
    after = len(flat(prompter.messages(asked)[1:]))
    assert 0.2 * before < after < 0.6 * before
    for _ in range(20):
        prompter.shorten()
    assert "59 word" in flat(prompter.messages(asked)), "the newest is told for all that"


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (Motion("middle third", 0.3), "something moves, middle third"),
        (Face((0, 0, 1, 1)), "a face"),
        (Scene(0.9), "the whole picture changed"),
        (Light(0.1, "dark"), "the picture is dark"),
    ],
)
def test_what_was_seen_stays_told_when_the_timeline_has_let_go_of_it(payload, told):
    prompter = Prompter("", characters=9000, tools=False)
    line = f"(0:07) (seen by the camera: {told})"
    assert line in flat(prompter.messages(ask(seen=(seen(4, payload, s(7)), seen(5, Colours(("red",)), s(8))))))
    again = flat(prompter.messages(ask(seen=(seen(4, payload, s(7)),))))
    later = flat(prompter.messages(ask()))
    assert again.count(line) == later.count(line) == 1 and "red" not in later


def test_the_state_tells_what_was_heard_and_what_was_not_yet_said():
    messages = Prompter("", characters=9000, tools=False).messages(
        ask(saying=4, heard="It is seven", finishing="o'clock now.", unsaid="o'clock now. Shall I wake you?")
    )
    assert 'heard: "It is seven o\'clock now."; not yet said: "Shall I wake you?"' in state(messages)
    assert "you were saying" not in state(Prompter("", characters=9000, tools=False).messages(ask(heard="old")))


def test_the_state_tells_what_is_typed_ordered_and_running():
    messages = Prompter("", characters=9000, tools=True).messages(
        ask(
            typing="dear si",
            orders=("timer", "wave"),
            tools=(ToolUse(7, "search", '{"q": 1}', s(588), "running", "half done"),),
        )
    )
    assert "2026" in state(messages) and state(messages).startswith("(now 10:00, ")
    assert 'they are typing, not sent: "dear si"' in state(messages)
    assert "standing orders: timer, wave" in state(messages)
    assert 'call 7 of search({"q": 1}) runs since 12 s, so far: half done' in state(messages)
    assert len(messages) == 2, "a call that runs has no outcome yet"


@pytest.mark.parametrize(
    ("how", "draft", "line"),
    [
        ("spoken", False, "(10:00) hello"),
        ("spoken", True, "(10:00) (they may not have finished) hello"),
        ("typed", False, "(10:00) (typed) hello"),
    ],
)
def test_the_request_says_how_it_came(how, draft, line):
    messages = Prompter("", characters=9000, tools=False).messages(ask("hello", how, draft))
    assert messages[-1]["content"].splitlines()[0] == line


def test_pictures_go_with_the_last_message_and_are_no_text():
    prompter = Prompter("", characters=9000, tools=False)
    pictures = (Picture("camera", s(1), b"\xff\xd8one"), Picture("screen", s(2), b"\xff\xd8two"))
    plain, shown = prompter.messages(ask()), prompter.messages(ask(pictures=pictures))
    text, *images = shown[-1]["content"]
    assert text == {"type": "text", "text": plain[-1]["content"]}
    urls = [image["image_url"]["url"] for image in images]
    assert [base64.b64decode(url.removeprefix("data:image/jpeg;base64,")) for url in urls] == [p.jpeg for p in pictures]
    assert flat(shown) == flat(plain)


@pytest.mark.parametrize(("at", "told"), [(0, "(0:00)"), (s(65.9), "(1:05)"), (s(3725), "(62:05)")])
def test_times_are_minutes_and_seconds(at, told):
    assert stamp(at) == told
