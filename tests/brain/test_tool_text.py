"""Calls and thoughts in a model's text, however it is cut into pieces."""

from __future__ import annotations

import pytest

from duetto.brain.chat.model import CallRequest
from duetto.brain.chat.tool_text import MOST, ToolText, read_calls

TIME = CallRequest("time", '{"zone": "Rome"}')


def told(text: str, size: int, *, calls: bool = True) -> tuple[str, list[CallRequest]]:
    reader = ToolText(calls=calls)
    found = [part for at in range(0, len(text), size) for part in reader.push(text[at : at + size])] + reader.rest()
    return "".join(part for part in found if isinstance(part, str)), [p for p in found if isinstance(p, CallRequest)]


@pytest.mark.parametrize(
    ("written", "text", "calls"),
    [
        ("Less < more <tool", "Less < more <tool", []),
        (
            'I look. <tool_call>\n{"name": "time", "arguments": {"zone": "Rome"}}\n</tool_call> Done.',
            "I look.  Done.",
            [TIME],
        ),
        ('{"name": "time", "parameters": {"zone": "Rome"}}', "", [TIME]),
        (
            '[TOOL_CALLS] [{"name": "time", "arguments": {"zone": "Rome"}}, {"name": "on"}]',
            "",
            [TIME, CallRequest("on", "{}")],
        ),
        ("<think>\nRome or Paris?\n</think>Rome.", "Rome.", []),
        ("<think>for ever", "", []),
        ('{"no": "call"}', '{"no": "call"}', []),
        ('Yes. <tool_call>{"name": "time", "argum', "Yes. ", []),
        ("  ", "", []),
    ],
)
def test_however_it_is_cut(written, text, calls):
    for size in range(1, len(written) + 1):
        assert told(written, size) == (text, calls)


def test_where_no_tool_was_offered_all_but_thoughts_is_text():
    written = '<tool_call>{"name": "time"}</tool_call>'
    assert told(written, 5, calls=False) == (written, [])
    assert told("<think>so</think>Yes", 3, calls=False) == ("Yes", [])


def test_text_goes_on_at_once_where_it_can_be_no_mark():
    reader = ToolText(calls=True)
    assert reader.push("Good ") == ["Good "]
    assert reader.push("day <to") == ["day "]
    assert reader.push("day>") == ["<today>"]


def test_what_is_no_call_is_none():
    assert read_calls("[1, {}, null]") == read_calls('{"name": 1}') == read_calls("{") == ()
    assert read_calls(f'{{"name": "{"a" * MOST}"}}') == ()
    assert read_calls('{"name": "a", "arguments": "{}"}') == (CallRequest("a", "{}"),)
