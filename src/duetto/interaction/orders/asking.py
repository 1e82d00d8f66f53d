"""Questions that the brain is asked for a standing order: about what was said, and about a picture that has changed.

Seldom: at the end of a turn, or when cheap vision says that something is otherwise; never more than a few at once, and
so many a minute.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from duetto.interaction.action import Inquire, Tell
from duetto.interaction.orders.happening import Happening
from duetto.interaction.percept import Percept
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.standing import Asked, Book, Picture, Standing
from duetto.timeline.arrival import Weighed
from duetto.timeline.clock import s

MINUTE: Final = s(60)
MOST_ASKING: Final = 16
"""Questions about what was said that may wait to be put; the oldest goes."""


def answers(book: Book, percept: Percept) -> tuple[Book, tuple[Happening, ...]]:
    """What the brain has found."""
    happened: list[Happening] = []
    for arrival in percept.arrivals:
        if not isinstance(arrival, Weighed):
            continue
        asked = next((one for one in book.asked if one.number == arrival.number), None)
        if asked is None:
            continue  # it came too late, or the order has ended
        book = replace(book, asked=tuple(one for one in book.asked if one is not asked))
        if asked.stream is None:
            if arrival.yes:
                happened.append(Happening("meaning", percept.now, asked.question))
            continue
        found: list[Picture] = []
        for picture in book.pictures:
            if (picture.stream, picture.question) == (asked.stream, asked.question):
                turned = picture.answer is False or (picture.answer is None and not asked.first)
                if arrival.yes and turned:
                    happened.append(Happening("shows", percept.now, asked.question, stream=asked.stream))
                picture = replace(picture, answer=arrival.yes)
            found.append(picture)
        book = replace(book, pictures=tuple(found))
    return book, tuple(happened)


def ask(
    book: Book, orders: tuple[Standing, ...], percept: Percept, settings: InteractionSettings, *, said: bool
) -> tuple[Book, tuple[Inquire | Tell, ...]]:
    """Put what is to be asked, as far as there is room. said: the user has just ended a turn, or sent a line."""
    now = percept.now
    asked = tuple(one for one in book.asked if now - one.at < settings.weigh_limit)
    asking = book.asking
    if said:
        wanted = dict.fromkeys(q for one in orders if one.given < now for q in one.needs.meanings)
        asking = tuple(dict.fromkeys((*asking, *wanted)))[-MOST_ASKING:]
    pictures = tuple(_stirred(picture, percept, settings) for picture in book.pictures)
    inquiries: list[Inquire | Tell] = []
    put, short = tuple(at for at in book.put if now - at < MINUTE), book.short
    number = book.next
    while len(asked) < settings.most_weighed:
        busy = {(one.stream, one.question) for one in asked}
        due = [p for p in pictures if p.stirred and _rested(p, now, settings) and (p.stream, p.question) not in busy]
        if (asking or due) and len(put) >= settings.most_questions:
            asking = ()  # later they would be about other words
            if short is None or now - short >= MINUTE:
                short = now
                inquiries.append(Tell("orders", f"Orders ask more than {len(put)} questions a minute: some must wait."))
            break
        if asking:
            inquiry = Inquire(number, asking[0])
            asking, first = asking[1:], False
        elif due:
            oldest = min(due, key=lambda picture: -1 if picture.asked is None else picture.asked)
            inquiry, first = Inquire(number, oldest.question, oldest.stream), oldest.asked is None
            pictures = tuple(replace(p, asked=now, stirred=False) if p is oldest else p for p in pictures)
        else:
            break
        asked = (*asked, Asked(number, inquiry.question, inquiry.stream, now, first))
        inquiries.append(inquiry)
        put = (*put, now)
        number += 1
    before = (book.asked, book.asking, book.pictures, book.short)
    if (asked, asking, pictures, short) != before:
        book = replace(book, asked=asked, asking=asking, pictures=pictures, put=put, short=short, next=number)
    return book, tuple(inquiries)


def _stirred(picture: Picture, percept: Percept, settings: InteractionSettings) -> Picture:
    if picture.stirred:
        return picture
    stirred = any(sighting.stream == picture.stream for sighting in percept.seen)
    if picture.stream in percept.moving and picture.asked is not None:
        stirred = stirred or percept.now - picture.asked >= settings.weigh_moving
    return replace(picture, stirred=True) if stirred else picture


def _rested(picture: Picture, now: int, settings: InteractionSettings) -> bool:
    return picture.asked is None or now - picture.asked >= settings.weigh_gap
