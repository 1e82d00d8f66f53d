"""A standing order's question to a language model: yes, no, and whatever else may come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from duetto.brain.chat.chat import ChatHandler
from duetto.brain.chat.model import ChatRequest, ModelTrouble, Piece
from duetto.timeline.arrival import Weighed
from duetto.timeline.clock import VIRTUAL_EPOCH_NS, s
from duetto.timeline.job import Context, Picture, Remark, Weigh

PICTURES = (Picture("camera", s(1), b"old"), Picture("camera", s(2), b"new"), Picture("screen", s(2), b"page"))
SAID = (Remark("user", "i am going home now", s(3)),)


class Says:
    """A model that gives these pieces, or fails with this."""

    def __init__(self, *pieces: str, trouble: Exception | None = None, waits: bool = False) -> None:
        self.pieces = pieces
        self.trouble = trouble
        self.waits = waits
        self.asked: list[ChatRequest] = []
        self.given = 0
        self.closed = False

    async def stream(self, request: ChatRequest) -> AsyncIterator[Piece]:
        self.asked.append(request)
        try:
            for piece in self.pieces:
                self.given += 1
                yield Piece(piece)
            if self.trouble is not None:
                raise self.trouble
            if self.waits:
                await asyncio.Event().wait()
        finally:
            self.closed = True

    async def close(self) -> None: ...


def weighed(model: Says, stream: str | None = None, **known: object) -> bool:
    context = Context(s(9), VIRTUAL_EPOCH_NS, history=SAID, **known)
    job = Weigh(5, "Is the user leaving?", context, stream)

    async def main() -> list[object]:
        return [arrival async for arrival in ChatHandler(model).handle(job)]

    (found,) = asyncio.run(main())
    assert isinstance(found, Weighed) and found.number == 5
    if model.asked:
        assert found.prompt > len("Is the user leaving?") and found.pictures == (stream is not None)
        assert found.pieces <= model.given
    else:
        assert (found.prompt, found.pieces) == (0, 0)
    return found.yes


@pytest.mark.parametrize(
    ("pieces", "yes"),
    [
        (("yes",), True),
        (("Ye", "s."), True),
        (("**Yes**, they are",), True),
        (("no",), False),
        (("Not sure, yes perhaps",), False),
        (("",), False),
        (("yesterday it was",), False),
        (("yes", "terday it was"), False),
        (("  ", "No", ", yes"), False),
    ],
)
def test_only_a_plain_yes_is_one(pieces: tuple[str, ...], yes: bool) -> None:
    model = Says(*pieces)
    assert weighed(model) is yes
    assert "i am going home now" in str(model.asked[0].messages) and not model.asked[0].tools
    assert model.closed


def test_no_more_is_waited_for_than_needed() -> None:
    model = Says("a" * 30, "b" * 30, "c" * 30)
    assert not weighed(model)
    assert model.given == 2 and model.closed


def test_the_newest_picture_of_the_stream_is_shown() -> None:
    model = Says("yes")
    assert weighed(model, "camera", pictures=PICTURES)
    content = model.asked[0].messages[-1]["content"]
    assert len(content) == 2 and content[1]["image_url"]["url"].endswith("bmV3")  # "new"


def test_without_a_picture_nobody_is_asked() -> None:
    model = Says("yes")
    assert not weighed(model, "screen", pictures=PICTURES[:2])
    assert not model.asked


@pytest.mark.parametrize("trouble", [ModelTrouble("busy", "later"), RuntimeError("broken")])
def test_trouble_is_a_no(trouble: Exception) -> None:
    assert not weighed(Says("Hm", trouble=trouble))
