"""Reading aloud, and what belongs to any long reply: where it is, going on from there, beginning again, repeating."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from duetto.brain.embedded.memory import Memory, Plan
from duetto.brain.embedded.skill import Answer, Match, Question, Skill
from duetto.timeline.job import Context, Remark

STORY: Final = (
    "Every evening the lighthouse keeper climbed one hundred and twelve steps, and every evening he counted them. "
    "One night the count came to one hundred and thirteen. "
    "He went down and counted again: one hundred and twelve. "
    "He climbed once more, slowly, with one hand on the wall, and there it was, a step that had not been there before, "
    "just below the top. "
    "It was warm, like a stone in the sun. "
    "He sat on it until morning and watched the ships go by. "
    "At dawn the step was gone, and the keeper was not tired at all. "
    "Since then he has never counted the steps again. "
    "He climbs, and he listens to the sea, "
    "and some nights the way up is a little longer than it needs to be."
)
"""A text of our own to read when none is given."""

MAX_WORDS: Final = 2_000
"""Words of a text that are read; the rest is left out, and that is said."""
CLAUSE_WORDS: Final = 8
"""Longest clause in words, two to three seconds: between clauses something else can be said, and the rest changed."""
JOINED_WORDS: Final = 6
"""Words of two short pieces that are read as one."""
JOINTS: Final = frozenset(
    "and or but so because that which who when while until before after with without on in at of to from for by as "
    "than like into over under".split()
)
"""Words that a phrase begins with: a clause that is too long is cut before one, the voice going on without a breath."""
VERBS: Final = frozenset("was were is are has have had did does do will would can could".split())
"""Where there is none, before one of these."""
FEWEST_TYPED: Final = 4
"""A typed line of fewer words is no text to read aloud."""

COUNTED: Final = frozenset({"hundred", "thousand", "million"})
"""Words of a number that goes on."""

_PIECE: Final = re.compile(r"[^.!?;:,\n]+[.!?;:,]*\s*|\n")


def clauses(text: str) -> tuple[str, ...]:
    """A text in speakable pieces: cut at punctuation, and within CLAUSE_WORDS words."""
    pieces: list[str] = []
    for found in _PIECE.findall(" ".join(text.split())):
        pieces += map(" ".join, _phrases(found.split()))
    joined: list[str] = []
    for piece in pieces:
        roomy = joined and joined[-1].endswith(",") and len((joined[-1] + " " + piece).split()) <= JOINED_WORDS
        if roomy:
            joined[-1] += f" {piece}"
        else:
            joined.append(piece)
    return tuple(joined)


def _phrases(words: list[str]) -> Iterator[list[str]]:
    """So many words, in about equal parts of at most CLAUSE_WORDS."""
    while len(words) > CLAUSE_WORDS:
        middle = len(words) / -(-len(words) // CLAUSE_WORDS)
        places = [at for at in range(3, CLAUSE_WORDS + 1) if len(words) - at > 2 and words[at - 1] not in COUNTED]
        near = [at for at in places if words[at] in JOINTS] or [at for at in places if words[at] in VERBS]
        cut = min(near, key=lambda at: abs(at - middle), default=round(middle))
        yield words[:cut]
        words = words[cut:]
    if words:
        yield words


def bare(text: str) -> list[str]:
    """The words of a text without case and punctuation, to compare what was planned with what was heard."""
    return re.findall(r"[a-z0-9']+", text.lower())


def heard_words(plan: Plan, context: Context) -> int:
    """How many words of the plan, from its first, have been heard: a prefix, never more than was played."""
    planned = bare(" ".join(plan.clauses))
    start = at = len(bare(" ".join(plan.clauses[: plan.done])))
    for remark in context.history:
        if remark.who == "duetto" and remark.at >= plan.at:
            at = _go_along(planned, at, bare(remark.text))
    if context.saying == plan.reply:
        along = _go_along(planned, start, bare(context.heard))
        at = max(at, along)
    return at


def _go_along(planned: list[str], at: int, said: list[str]) -> int:
    """Where in the plan one is after `said`, which continues it at `at`, or else is something different."""
    same = 0
    while same < len(said) and at + same < len(planned) and said[same] == planned[at + same]:
        same += 1
    return at + same if same == len(said) or same >= 3 else at


def heard_clauses(plan: Plan, context: Context) -> int:
    """How many whole clauses of the plan have been heard."""
    words, count = heard_words(plan, context), 0
    for clause in plan.clauses:
        words -= len(bare(clause))
        if words < 0:
            break
        count += 1
    return count


def start_reading(text: str, memory: Memory) -> Answer:
    """Read a text aloud from its beginning."""
    pieces = clauses(" ".join(text.split()[:MAX_WORDS]))
    if not pieces:
        return Answer(("There is nothing to read.",))
    if len(text.split()) > MAX_WORDS:
        pieces = (*pieces, "That is as far as I read.")
    return Answer(pieces, replace(memory, plan=Plan(-1, pieces, 0, "reading")))


def typed_text(text: str) -> str | None:
    """The text of a typed "read: …", None where it is something else."""
    found = re.match(r"\s*read\s*(?:this|aloud)?\s*:\s*(.+)", text, re.IGNORECASE | re.DOTALL)
    return found[1] if found else None


def last_typed(context: Context) -> Remark | None:
    """The newest typed line that is long enough to be a text."""
    lines = [r for r in context.history if r.who == "user" and r.how == "typed" and len(r.text.split()) >= FEWEST_TYPED]
    return lines[-1] if lines else None


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    match match.intent:
        case "read.story":
            return start_reading(STORY, memory)
        case "read.this":
            line = last_typed(context)
            if line is None:
                return Answer(("I have no text to read.", "Type one, and I will."))
            return start_reading(typed_text(line.text) or line.text, memory)
        case "read.repeat":
            plan = memory.plan
            if plan is not None and memory.last == plan.clauses[plan.done :]:
                return _go_on(match, context, memory)
            said = memory.last or tuple(r.text for r in context.history if r.who == "duetto")[-1:]
            return Answer(said or ("I have not said anything yet.",))
        case "read.where":
            return _where(context, memory)
        case _:
            return _go_on(match, context, memory)


def _where(context: Context, memory: Memory) -> Answer:
    plan = memory.plan
    if plan is None:
        return Answer(("I am not reading anything.",))
    words = heard_words(plan, context)
    total = len(bare(" ".join(plan.clauses)))
    if words == 0:
        return Answer(("At the very beginning.",))
    if words >= total:
        return Answer(("I am through with it.",))
    if plan.kind == "counting":
        return Answer((f"At {plan.clauses[max(0, heard_clauses(plan, context) - 1)].rstrip(',.')}.",))
    last = " ".join(word.strip(",.;:!?") for word in " ".join(plan.clauses).split()[max(0, words - 4) : words])
    share = round(10 * words / total)
    far = "just past the beginning" if share == 0 else "nearly at the end" if share >= 9 else _share(share)
    return Answer((f"I am {far},", f"after: {last}."))


def _share(tenths: int) -> str:
    return {
        1: "a tenth",
        2: "a fifth",
        3: "a third",
        4: "almost half",
        5: "half",
        6: "more than half",
        7: "two thirds",
    }.get(tenths, "four fifths") + " of the way through"


def _go_on(match: Match, context: Context, memory: Memory) -> Answer:
    plan = memory.plan
    if plan is None:
        return Answer(("There is nothing to go on with.",))
    done = 0 if match.intent == "read.again" else heard_clauses(plan, context)
    if match.intent == "read.repeat":
        done = max(plan.done, done - 1)
    rest = plan.clauses[done:]
    if not rest:
        return Answer(("That was all of it.",))
    return Answer(rest, replace(memory, plan=replace(plan, done=done)))


def question(match: Match) -> Question | None:
    return Question("Read what? The story?", "the story") if match.intent.startswith("read.") else None


SKILL: Final = Skill(
    name="reading",
    phrases={
        "read.story": (
            "read [me] (the | a) (text | story)",
            "(tell | read) me (a | the | that) story",
            "read (something | the text | a text) [aloud | to me]",
        ),
        "read.this": (
            "read (this | that | it) [aloud | out loud | to me]",
            "read [me] what i (typed | wrote | have typed)",
            "read [me] my text",
        ),
        "read.where": (
            "where (are you | were you | are we | were we) [now | in the text | in the story]",
            "where you are",
            "how far (are you | have you got | did you get)",
        ),
        "read.go_on": (
            "go on [from there | reading | counting | please]",
            "(continue | carry on | keep (going | reading | counting) | resume) [from there | reading | counting]",
        ),
        "read.again": (
            "start (again | over) [from the beginning]",
            "(begin | read it | read that | start) [again] from the (beginning | start)",
            "[go] back to the (beginning | start)",
        ),
        "read.repeat": (
            "(repeat | say) (that | it) [again | please]",
            "say (that | it) (again | once more)",
            "what was that",
            "(pardon | again | once more)",
            "come again",
        ),
    },
    answer=answer,
    question=question,
)
