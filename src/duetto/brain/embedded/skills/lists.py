"""Lists, notes and the user's name, kept in the session."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rapidfuzz import fuzz

from duetto.brain.embedded.memory import MAX_ITEMS, MAX_LISTS, Memory, short
from duetto.brain.embedded.numbers import spell
from duetto.brain.embedded.phrasing import joined, sentence, swapped
from duetto.brain.embedded.skill import Answer, Match, Question, Skill, Words
from duetto.timeline.job import Context

ALIKE: Final = 78.0
"""Likeness (rapidfuzz ratio, 0 to 100) from which an item that is asked for is one that is on the list."""

SLOTS: Final = {
    "list": (
        "[my | the | our] (shopping list | grocery list | packing list | wish list | reading list | list)",
        "[my | the | our] (to do list | task list)",
    ),
    "called": ("(my name is | call me | i am called)",),
}


def _name(match: Match) -> str:
    name = " ".join(word for word in match.get("list") if word not in ("my", "the", "our"))
    return name or "list"


def _items(words: Words) -> tuple[str, ...]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "and":
            parts.append([])
        elif parts[-1] or word not in ("a", "an", "some", "the"):
            parts[-1].append(word)
    return tuple(short(" ".join(part)) for part in parts if part)


def _read(items: tuple[str, ...]) -> tuple[str, ...]:
    last = len(items) - 1
    return tuple(
        f"{'and ' if last and at == last else ''}{item}{'.' if at == last else ','}" for at, item in enumerate(items)
    )


def _find(item: str, items: tuple[str, ...]) -> str | None:
    best = max(items, key=lambda other: fuzz.ratio(item.lower(), other.lower()), default=None)
    return best if best is not None and fuzz.ratio(item.lower(), best.lower()) >= ALIKE else None


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    name = _name(match)
    items = memory.items(name)
    match match.intent:
        case "list.add":
            return _add(match, name, items, memory)
        case "list.read":
            if not items:
                return Answer((f"Your {name} is empty.",))
            return Answer((f"On your {name}:", *_read(items)))
        case "list.count":
            count = "nothing" if not items else "one thing" if len(items) == 1 else f"{spell(len(items))} things"
            return Answer((f"There {'is' if len(items) < 2 else 'are'} {count} on your {name}.",))
        case "list.has":
            found = _find(match.text("item"), items)
            return Answer((f"Yes, {found}." if found else f"No, no {match.text('item')}.",))
        case "list.remove":
            found = _find(match.text("item"), items)
            if found is None:
                return Answer((f"I do not find {match.text('item')} on your {name}.",))
            left = tuple(item for item in items if item != found)
            return Answer((f"{found.capitalize()} is off your {name}.",), memory.with_items(name, left))
        case "list.clear":
            return Answer((f"Your {name} is empty now.",), memory.with_items(name, ()))
        case _:
            return _notes(match, memory)


def _add(match: Match, name: str, items: tuple[str, ...], memory: Memory) -> Answer:
    new = tuple(item for item in _items(match.get("item")) if item not in items)
    if not new:
        return Answer((f"That is on your {name} already.",))
    if len(items) + len(new) > MAX_ITEMS or (not items and len(memory.lists) >= MAX_LISTS):
        return Answer((f"Your {name} is full.", f"It holds {MAX_ITEMS} things."))
    verb = "is" if len(new) == 1 else "are"
    return Answer((f"{joined(new).capitalize()} {verb} on your {name}.",), memory.with_items(name, items + new))


def _notes(match: Match, memory: Memory) -> Answer:
    match match.intent:
        case "note.add":
            if len(memory.notes) >= MAX_ITEMS:
                return Answer((f"I have {MAX_ITEMS} notes,", "and that is all I can keep."))
            note = short(" ".join(match.get("note")))
            return Answer(("Noted.",), replace(memory, notes=(*memory.notes, note)))
        case "note.read" | "note.about":
            return _tell(match, memory)
        case "note.clear":
            return Answer(("Your notes are gone.",), replace(memory, notes=()))
        case "name.set":
            name = short(" ".join(word[:1].upper() + word[1:] for word in match.get("name")[:3]))
            return Answer((f"Hello, {name}.",), replace(memory, name=name))
        case _:
            return Answer((f"Your name is {memory.name}." if memory.name else "You have not told me your name.",))


def _tell(match: Match, memory: Memory) -> Answer:
    notes = memory.notes
    about = match.text("note").lower()
    if about:
        likely = [(fuzz.token_set_ratio(about, note.lower()), at) for at, note in enumerate(notes)]
        notes = tuple(notes[at] for score, at in likely if score >= ALIKE)
    if not notes:
        return Answer(("You have noted nothing about that." if about else "You have noted nothing yet.",))
    return Answer(("You noted:", *(sentence(swapped(tuple(note.split(" ")))) for note in notes)))


def question(match: Match) -> Question | None:
    match match.intent:
        case "list.add":
            if "item" not in match:
                return Question("Add what?")
            item = match.text("item")
            return Question(f"Add {item} to which list? The shopping list?", "to my shopping list")
        case "list.remove":
            item = match.text("item")
            return Question(f"Take {item} off which list?" if item else "Take what off?")
        case "note.add":
            return Question("What shall I note?")
        case "name.set":
            return Question("What is your name?")
        case _:
            return None


SKILL: Final = Skill(
    name="lists",
    phrases={
        "list.add": ("(add | put) <item> (to | on | onto) <list>",),
        "list.read": (
            "what is on <list>",
            "(read | tell | show) [me] <list>",
            "what (do i have | have i got) on <list>",
        ),
        "list.count": ("how many (things | items) are on <list>",),
        "list.has": ("(is there | do i have | have i got) [any] <item> on <list>",),
        "list.remove": ("(remove | delete | take | cross) <item> (from | off) <list>",),
        "list.clear": ("(clear | empty | erase | delete) <list>",),
        "note.add": (
            "(note | remember | write down | make a note | take a note) that <note>",
            "(note | write down | note down) <note>",
        ),
        "note.read": (
            "what did i (note | write down)",
            "what did i (tell | ask) you to remember",
            "(read | tell | show) [me] (my | the) notes",
            "what are my notes",
        ),
        "note.about": ("what did i note about <note>",),
        "note.clear": ("(clear | delete | erase | forget) (my | the | all | all my) notes",),
        "name.set": ("<called> <name>",),
        "name.get": ("what is my name", "do you know my name", "who am i"),
    },
    answer=answer,
    question=question,
    slots=SLOTS,
    open_slots=("item", "note", "name"),
    lingering=("note.add",),
)
