import cv2
import numpy as np
import pybase64
import pytest
from realtime_rig import Rig, sound

from duetto.timeline.clock import ms
from duetto.timeline.command import Erase, Remember, Unsay
from duetto.timeline.increment import Span
from duetto.wire.happening import ReplyBegan, ReplyEnded, ReplyHeard, ReplyText
from duetto.wire.openai_realtime.items import MOST_ITEMS, Conversation, Item, message
from duetto.wire.openai_realtime.pictures import MAX_PIXELS

ITEM = "conversation.item"


def rig():
    found = Rig()
    found.take()
    return found


def create(one, item, **more):
    one.send(f"{ITEM}.create", item=item, **more)


def user(text, **more):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **more}


def uri(kind, picture=None):
    picture = np.zeros((30, 40, 3), np.uint8) if picture is None else picture
    data = cv2.imencode(f".{kind}", picture)[1].tobytes()
    return f"data:image/{kind};base64,{pybase64.b64encode(data).decode()}"


def spoken(one, reply=1, words=("one", "two", "three"), length=300):
    """A reply whose words end at 100, 200, 300 ms of its sound; the id of its item."""
    one.step(ReplyBegan(reply), ReplyText(reply, " ".join(words)), sound(reply, one.now / 1e6, length))
    for index, word in enumerate(words):
        one.step(ReplyHeard(reply, word, Span(0, ms(1)), ms(100 * (index + 1))))
    return next(e for e in one.events if e["type"] == f"{ITEM}.added")["item"]["id"]


# --- create -------------------------------------------------------------------------------------------------------


def test_a_text_is_remembered_and_shown():
    one = rig()
    create(one, user("hello", id="msg_1"), event_id="x")
    added, done = one.take()
    assert (added["type"], done["type"]) == (f"{ITEM}.added", f"{ITEM}.done")
    assert added["previous_item_id"] is None
    assert added["item"] == done["item"] == {
        "id": "msg_1",
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_text", "text": "hello"}],
    }  # fmt: skip
    assert one.commands() == [Remember("msg_1", "user", "hello")]


@pytest.mark.parametrize(
    ("role", "part", "who"),
    [
        ("system", {"type": "input_text", "text": "t"}, "system"),
        ("assistant", {"type": "output_text", "text": "t"}, "duetto"),
        ("assistant", {"type": "output_audio", "transcript": "t"}, "duetto"),
        ("user", {"type": "input_audio", "transcript": "t", "audio": "AAAA"}, "user"),
        ("user", {"text": "t"}, "user"),
    ],
)
def test_who_said_it(role, part, who):
    one = rig()
    create(one, {"type": "message", "role": role, "content": [part]})
    assert [e["type"] for e in one.take()] == [f"{ITEM}.added", f"{ITEM}.done"]
    (remember,) = one.commands()
    assert (remember.who, remember.text) == (who, "t")


def test_pictures_become_jpeg():
    one = rig()
    content = [
        {"type": "input_text", "text": "what is this?"},
        {"type": "input_image", "image_url": uri("png"), "detail": "high"},
        {"type": "input_image", "image_url": uri("jpeg")},
    ]
    create(one, {"type": "message", "role": "user", "content": content, "id": "p"})
    first, second = one.commands()
    assert (first.source, first.text, second.source, second.text) == ("p", "what is this?", "p#2", "")
    for remember in (first, second):
        assert cv2.imdecode(np.frombuffer(remember.picture, np.uint8), cv2.IMREAD_COLOR).shape == (30, 40, 3)
        assert remember.picture[:2] == b"\xff\xd8"
    assert one.of(f"{ITEM}.added")["item"]["content"][1] == {"type": "input_image", "detail": "high"}
    one.send(f"{ITEM}.delete", item_id="p")
    assert one.commands() == [Erase("told:p"), Erase("told:p#2")]


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("https://example.org/cat.png", "invalid_image_url"),
        ("data:image/png;base64,****", "invalid_image_url"),
        ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", "unsupported_image_media_type"),
        ("data:image/png;base64,AAAA", "invalid_image"),
        ("data:image/png;base64,iVBORw0KGgo=", "invalid_image"),
        (uri("png")[:-40], "invalid_image_url"),
        (
            "data:image/png;base64,"
            + pybase64.b64encode(
                b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (MAX_PIXELS).to_bytes(4, "big") + (2).to_bytes(4, "big")
            ).decode(),
            "invalid_image",
        ),
    ],
)
def test_pictures_that_cannot_be(image, code):
    one = rig()
    create(one, {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": image}]})
    error = one.error()
    assert error["param"] == "item.content[0].image_url"
    assert error["code"] == code or code == "invalid_image_url"
    assert one.commands() == []


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        ({}, "missing_required_parameter", "item.type"),
        ({"type": "mcp_call"}, "unsupported_value", "item.type"),
        ({"type": "message"}, "missing_required_parameter", "item.role"),
        ({"type": "message", "role": "tool", "content": []}, "invalid_value", "item.role"),
        ({"type": "message", "role": "user"}, "missing_required_parameter", "item.content"),
        (
            {"type": "message", "role": "user", "content": [{"type": "input_text"}]},
            "missing_required_parameter",
            "item.content[0].text",
        ),
        (
            {"type": "message", "role": "assistant", "content": [{"type": "input_text", "text": "x"}]},
            "invalid_value",
            "item.content[0].type",
        ),
        (
            {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA"}]},
            "missing_required_parameter",
            "item.content[0].transcript",
        ),
        (user(3), "invalid_type", "item.content[0].text"),
        (user("x", id=""), "invalid_value", "item.id"),
        ({"type": "function_call", "name": "f"}, "missing_required_parameter", "item.arguments"),
        (
            {"type": "function_call_output", "call_id": "call_x", "output": ""},
            "invalid_tool_call_id",
            "item.call_id",
        ),
        ({"type": "function_call_output", "output": ""}, "missing_required_parameter", "item.call_id"),
    ],
)
def test_items_that_cannot_be(item, code, param):
    one = rig()
    create(one, item)
    error = one.error()
    assert (error["code"], error["param"]) == (code, param)
    assert one.commands() == []


def test_a_history_with_calls_is_told_in_words():
    one = rig()
    create(one, {"type": "function_call", "name": "f", "arguments": '{"a":1}', "call_id": "c1", "id": "i1"})
    create(one, {"type": "function_call_output", "call_id": "c1", "output": "42", "id": "i2"})
    first, second = one.commands()
    assert first.who == second.who == "system"
    assert "f" in first.text and '{"a":1}' in first.text and "42" in second.text
    create(one, {"type": "function_call", "name": "f", "arguments": "", "call_id": "c1"})
    assert one.take()[-1]["error"]["param"] == "item.call_id"


def test_the_place_of_an_item():
    one = rig()
    for id, previous in (("a", None), ("b", None), ("first", "root"), ("between", "a")):
        create(one, user(id, id=id), previous_item_id=previous)
    places = [e["previous_item_id"] for e in one.take() if e["type"] == f"{ITEM}.added"]
    assert places == [None, "a", None, "a"]
    create(one, user("x"), previous_item_id="nowhere")
    assert one.error()["param"] == "previous_item_id"
    create(one, user("x", id="a"))
    assert one.error()["param"] == "item.id"


# --- retrieve, delete ---------------------------------------------------------------------------------------------


def test_retrieve_and_delete():
    one = rig()
    create(one, user("hello", id="m"))
    (shown, _) = one.take()
    one.send(f"{ITEM}.retrieve", item_id="m")
    assert one.of(f"{ITEM}.retrieved")["item"] == shown["item"]
    one.take()
    one.commands()
    one.send(f"{ITEM}.delete", item_id="m")
    assert one.types() == [f"{ITEM}.deleted"] and one.commands() == [Erase("told:m")]
    for what in ("retrieve", "delete"):
        one.send(f"{ITEM}.{what}", item_id="m")
        error = one.error()
        assert (error["code"], error["param"]) == (f"item_{what}_invalid_item_id", "item_id")


def test_a_reply_that_is_deleted_is_erased():
    one = rig()
    item = spoken(one, reply=8)
    one.step(ReplyEnded(8, "done"))
    one.commands()
    one.send(f"{ITEM}.delete", item_id=item)
    assert one.commands() == [Erase("reply:8")]


# --- truncate -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "words"), [(0, 0), (99, 0), (100, 1), (250, 2), (300, 3), (1500, 3)], ids=lambda value: str(value)
)
def test_what_was_heard_is_what_stays(end, words):
    one = rig()
    item = spoken(one)
    one.step(ReplyEnded(1, "cut"))
    one.take()
    one.commands()
    one.send(f"{ITEM}.truncate", item_id=item, content_index=0, audio_end_ms=end)
    (event,) = one.take()
    assert event["type"] == f"{ITEM}.truncated"
    assert (event["item_id"], event["content_index"], event["audio_end_ms"]) == (item, 0, min(end, 300))
    assert one.commands() == [Unsay(1, words)]
    one.send(f"{ITEM}.retrieve", item_id=item)
    content = one.of(f"{ITEM}.retrieved")["item"]["content"]
    assert content == [{"type": "output_audio", "transcript": " ".join(("one", "two", "three")[:words])}]


def test_a_truncation_at_the_end_of_a_whole_reply_changes_nothing():
    one = rig()
    item = spoken(one)
    one.step(ReplyEnded(1, "done"))
    one.take()
    one.commands()
    one.send(f"{ITEM}.truncate", item_id=item, content_index=0, audio_end_ms=295)
    assert one.types() == [f"{ITEM}.truncated"] and one.commands() == []


def test_a_reply_that_is_truncated_while_it_is_spoken_is_cut_by_the_client():
    one = rig()
    item = spoken(one)
    one.commands()
    one.send(f"{ITEM}.truncate", item_id=item, content_index=0, audio_end_ms=150)
    assert one.commands() == [Unsay(1, 1)]
    one.take()
    one.step(ReplyText(1, "four"), sound(1, 500))  # nothing of it is told any more
    one.step(ReplyEnded(1, "cut"))
    done = one.of("response.done")["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert done["output"][0]["content"] == [{"type": "output_audio", "transcript": "one"}]


def test_a_cut_reply_shows_what_was_heard_of_it():
    one = rig()
    item = spoken(one, words=("one", "two"))
    one.step(ReplyText(1, "and never heard"))
    one.step(ReplyEnded(1, "cut"))
    one.take()
    one.send(f"{ITEM}.retrieve", item_id=item)
    assert one.of(f"{ITEM}.retrieved")["item"]["content"] == [{"type": "output_audio", "transcript": "one two"}]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"audio_end_ms": 9_000}, "audio_end_ms"),
        ({"content_index": 1}, "content_index"),
        ({"item_id": "nowhere"}, "item_id"),
        ({"item_id": "typed"}, "item_id"),
        ({"item_id": "told"}, "content_index"),
    ],
)
def test_truncations_that_cannot_be(change, param):
    one = rig()
    item = spoken(one)
    one.step(ReplyEnded(1, "done"))
    create(one, user("x", id="typed"))
    told = [{"type": "output_audio", "transcript": "x"}]
    create(one, {"type": "message", "role": "assistant", "id": "told", "content": told})
    one.take()
    one.commands()
    one.send(f"{ITEM}.truncate", **({"item_id": item, "content_index": 0, "audio_end_ms": 100} | change))
    assert one.error()["param"] == param
    assert one.commands() == []


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_is_bounded():
    conversation = Conversation()
    for index in range(MOST_ITEMS + 10):
        conversation.add(Item(message(f"i{index}", "user", [{"type": "input_text", "text": "x"}])))
    assert len(conversation.order) == len(conversation.items) == len(conversation.sizes) == MOST_ITEMS
    assert conversation.size == MOST_ITEMS and "i9" not in conversation.items
    for index in range(100):
        conversation.add(Item(message(f"big{index}", "user", [{"type": "input_text", "text": "x" * 200_000}])))
    assert conversation.size <= 8 * 2**20 and conversation.last == "big99"


def test_an_id_is_there_once():
    conversation = Conversation()
    for _ in range(3):
        conversation.add(Item(message("i", "user", [])), 5)
    assert conversation.order == ["i"]
