"""What the embedded brain understands, in a form that a recogniser can be built from."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from duetto.brain.embedded.skill import Skill
from duetto.brain.embedded.skills import skills
from duetto.brain.embedded.slots import SLOTS
from duetto.timeline.language import Language

ORDERS: Final = Path(__file__).parent / "orders.tsv"
OPEN_WORDS: Final = tuple(
    (
        # shopping and lists
        "milk bread eggs butter cheese apples bananas oranges lemons tomatoes potatoes onions carrots garlic rice "
        "pasta flour sugar salt pepper oil coffee tea water juice wine beer chicken fish meat ham yogurt cream honey "
        "jam chocolate cookies cake soap shampoo paper toothpaste batteries candles flowers fruit salad soup nuts "
        "cereal "
        # packing, the house
        "passport tickets phone charger keys wallet glasses umbrella jacket shoes socks shirt hat book camera towel "
        "door window light oven stove lamp garden car bike train bus plane bag box table chair "
        # things to do
        "breathe drink eat walk stand sit stretch look rest sleep smile relax move wake work write read call phone "
        "text email send pay buy get bring take make clean wash cook turn check lock open close feed water start "
        "finish leave go come meet visit help clean off out up down on in at by with from for and or the a an my your "
        "his her our their it is are was will be to of that this not no more some all "
        # people and names
        "mother father mum mom dad sister brother friend doctor dentist teacher boss neighbor wife husband son "
        "daughter baby dog cat anna ada alan emma eva james jane john julia karl laura linda lisa lucy maria mark "
        "martin mary max michael paul peter robert sam sarah sophie thomas tom "
        # notes
        "code number password name address street room house office school bank birthday meeting appointment lunch "
        "dinner breakfast coffee party holiday price money today tomorrow tonight morning afternoon evening monday "
        "tuesday wednesday thursday friday saturday sunday o'clock red blue green yellow black white big small new old "
        "good bad hot cold ready late early straight slowly deeply"
    ).split()
)
"""Words that are likely where anything may be said. Numbers come from the number slots."""

LIKELY: Final[dict[str, tuple[str, ...]]] = {
    "how": ("to | about | of | that (i | it | we | he | she | the | my | our)",),
    "item": ("[some | a | an] <goods> [and [some] <goods>]",),
    "name": ("<first_name>",),
    "thing": ("[i (have | need) to] <chore>", "the <thing_at_home> is (ready | on | off | open)"),
    "reply": ("<remark>", "<chore>"),
    "about": ("(the | my) <thing_at_home>", "<cue_word>"),
    "cue": ("[a | an | the] <cue_word>", "<cue_phrase>"),
    "event": ("<thing_at_home>",),
    "remark": (
        "stop | go | start | wait | done | ready | next | now | yes | no | okay | again | quiet | careful | stopped",
        "finished | hello [again] | goodbye | hi | hey | bye [bye] | welcome [home | back] | see you [soon | later]",
        "good (morning | night | evening | afternoon | luck | job) | well done | thank you | thanks | bless you",
        "cheers | sorry | please | enough | listen | attention | correct | wrong | right | really | of course | oh no",
        "<colour> | apple | sky | drink | tick | switch [sides] | change | decide | think (first | again)",
        "keep (going | it up | quiet) | (hurry | wake | slow | stand | sit | look | speak | cheer) up | calm down",
        "go (on | ahead | away | home) | (turn | come) (around | back | here) | come on | watch out | try again",
        "slow down | look (at (me | that | this | the screen) | here | left | right) | be (quiet | careful)",
        "are you (there | still there | sure | okay | ready | listening | awake) | who is (there | it | that)",
        "how are you | what (now | is it | time is it) | so what | how (very | nice) | no (need | way)",
        "i (know | do | see | am (here | listening | ready | back) | think so) | not (to me | now | yet)",
        "time (is up | to go [home] | to (eat | sleep | rest | stop)) | make up your mind | (got | made) it",
        "it is (night | late | time [to (go | eat | sleep | rest | stop)] | over) | have (fun | a (seat | break))",
        "(lunch | dinner | breakfast | coffee | tea) [time | is ready] | <number_said> (left | more)",
        "(lift | raise | drop | move | rest | wash) (my | your) (arms | hands | legs | eyes | head | shoulders)",
    ),
    "number_said": ("(one | two | three | four | five | six | seven | eight | nine | ten) [minutes | seconds]",),
    "cue_phrase": (
        "(good (morning | night | evening | luck) | you know | i (mean | guess | think | know) | kind of | sort of)",
        "(of course | no problem | to be (honest | fair) | at the (end of the day | moment) | by the way | thank you)",
    ),
    "cue_word": (
        "basically | actually | literally | obviously | honestly | really | very | like | just | so | um | uh | well",
        "right | okay | totally | maybe | perhaps | probably | suddenly | anyway | sorry | please | remember | listen",
        "hello | goodbye | thanks | yes | no | never | always | stop | start | done | first | then | problem | help",
        "money | work | home | school | water | drink | food | dinner | holiday | weather | time | today | tomorrow",
        "red | blue | green | yellow | black | white | apple | banana | sky | sun | moon | sea | fire | dog | cat",
        "london | paris | monday | friday | sunday | mother | father | boss | doctor | music | news | error | failed",
        "warning | ready | deadline | finished | passed | zero [zero] [zero] | password | decide | smile | yellow",
        "ouch | oops | achoo | hooray | yikes",
    ),
    "note": (
        "(the | my | our) [<thing_at_home>] (code | number | password) is <digit> [<digit>] [<digit>] [<digit>]",
        "(the | my | our) <thing_at_home> is (in | on | under | at | behind | next to) (the | my) <thing_at_home>",
        "(the | my | our) (meeting | appointment | party | lunch | dinner) is (<when> | on <weekday> [at <when>])",
        "<note_sentence> and <note_sentence>",
    ),
    "note_sentence": (
        "(the | my | our) [<thing_at_home>] (code | number | password) is <digit> [<digit>] [<digit>] [<digit>]",
        "(the | my | our) [<thing_at_home>] <thing_at_home> is (in | on | under | at) (the | my) <thing_at_home>",
    ),
    "when": ("(tomorrow | tonight | today | monday | tuesday | wednesday | thursday | friday | saturday | sunday)",),
    "goods": (
        "milk | bread | eggs | butter | cheese | apples | bananas | oranges | lemons | tomatoes | potatoes | onions",
        "carrots | garlic | rice | pasta | flour | sugar | salt | pepper | oil | coffee | tea | water | juice | wine",
        "beer | chicken | fish | meat | ham | yogurt | cream | honey | jam | chocolate | cookies | cake | soap",
        "shampoo | paper | toothpaste | batteries | candles | flowers | fruit | salad | soup | nuts | cereal",
        "a passport | tickets | a phone | a charger | an umbrella | a jacket | shoes | socks | a hat | a book",
    ),
    "first_name": (
        "anna | ada | alan | emma | eva | james | jane | john | julia | karl | laura | linda | lisa | lucy | maria",
        "mark | martin | mary | max | michael | paul | peter | robert | sam | sarah | sophie | thomas | tom",
    ),
    "somebody": (
        "(my | our) (mother | father | mum | mom | dad | sister | brother | friend | boss | wife | husband | son)",
        "(my | our | the) (daughter | doctor | dentist | teacher | neighbor | bank | office | school)",
        "(mum | mom | dad | grandma | grandpa)",
        "<first_name>",
    ),
    "thing_at_home": (
        "door | window | light | oven | stove | lamp | garden | car | bike | house | office | box | table | chair",
        "phone | key | keys | wallet | bag | book | garage | kitchen | drawer | fridge | bed | shelf | stone | mat",
    ),
    "at_hand": ("cake | bread | trash | garbage | laundry | dishes | dog | food | chicken | cookies | kids",),
    "chore": (
        "breathe [slowly | deeply] | relax | smile | stretch | move | blink | rest | sleep | leave | stand up | sit up",
        "sit straight | look up | look away | wake up | drink [[some] (water | tea | coffee)]",
        "eat [breakfast | lunch | dinner | something] | take (a break | a walk | a breath | my pills | my medicine)",
        "go (home | to bed)",
        "go to (work | school | sleep) | go for a walk | (call | text | email) <somebody>",
        "(visit | meet | help | pick up) <somebody> | (buy | get | bring | take) [some] <goods>",
        "(open | close | lock | check) (the | my) <thing_at_home> | turn (on | off) (the | my) <thing_at_home>",
        "(water | feed) the (plants | flowers | garden | cat | dog | baby) | walk the dog | wash the (car | dishes)",
        "clean the (house | kitchen | car | room) | do the (dishes | laundry | shopping) | pay the (bill | rent)",
        "(write | send) (the | an | a) (email | letter | message) | start the (meeting | dinner | washing)",
        "(take | bring | put | get) (the | my) (<at_hand> | <thing_at_home>) (out | in | down | up | away | back)",
        "(take | turn | put) (it | them) (out | on | off | away | down)",
    ),
}
"""What is likely in the open slots, as phrases: a recogniser hears these well, and any other words less well."""

HEARD: Final[dict[str, tuple[str, ...]]] = {
    "later": ("in <duration>",),
    "gone": ("((have | has) passed | (is | are) (up | over))",),
    "every": ("every",),
    "period": ("[<count>] (second | seconds | minute | minutes | hour | hours)", "half (a minute | an hour)"),
    "until": ("<until_stop>", "until i (say | type) <last_word>", "until <seen>"),
    "tail": ("<until>", "<limit>", "<seldom>", "<manner>"),
    "limit": ("(once | twice)", "<so_many> times"),
    "speak": ("(say | write | ask | tell me to)",),
    "tell": ("(tell me | let me know | warn me | stop me | interrupt me | remind me)",),
    "on": ("(when | if | once | as soon as | whenever | every time | each time)",),
    "voicing": ("i (say | mention | type | have said | talk about)", "you hear"),
    "when_said": ("<voicing> <cue> [<so_many> times | <nth_time>]",),
    "when_silent": (
        "<voicing> nothing for <short>",
        "i (am silent | am quiet | do not (speak | talk | say anything | say a word)) for <short>",
        "<nobody> (talks | speaks | says anything | says a word | says something) for <short>",
        "(it is | there is) (quiet | silent | silence) for <short>",
    ),
    "cancelling": ("(cancel | stop | delete | end | remove)",),
}
"""Slots that a recogniser is built for in fewer words than are understood: what everybody says is heard the better."""

CORRECTED: Final = ("number", "count", "duration", "period", "time_of_day", "item")
"""Slots in which one often corrects oneself, or hesitates before."""
LEADS: Final = "[no | no no | um | uh]"
"""What a request may begin with that is none of it."""
LISTENING: Final = ("uh huh | um hum | mm hmm | mhm | hmm | aha | oh | ah | wow | cool | nice",)
"""What a listener says. It is no request, but it is to be heard."""

_SLOT: Final = re.compile(r"<([a-z_]+)>")
_SPOKEN: Final = (("what is", "(what is | what's)"), ("that is", "(that is | that's)"), ("i am", "(i am | i'm)"))


def gather_slots(given: Iterable[Skill]) -> dict[str, tuple[str, ...]]:
    """The shared slots and those of the skills. Raises ValueError when two skills mean different things by a name."""
    slots: dict[str, tuple[str, ...]] = dict(SLOTS)
    for skill in given:
        for name, templates in skill.slots.items():
            if slots.setdefault(name, templates) != templates:
                raise ValueError(f"skill {skill.name}: slot {name!r} is already something else")
    return slots


def _spoken(template: str) -> str:
    for written, said in _SPOKEN:
        template = re.sub(rf"\b{written}\b(?! \|)(?<!\| {written})", said, template)
    return template


def _used(phrases: Iterable[str], slots: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The slots that these phrases have, and those within them."""
    used: set[str] = set()
    waiting = list(phrases)
    while waiting:
        named = {name for name in _SLOT.findall(waiting.pop()) if name in slots} - used
        used |= named
        waiting.extend(template for name in named for template in slots[name])
    return frozenset(used)


@cache
def sentences() -> tuple[str, ...]:
    """Orders as people put them, and talk that is none, which `labels` has learned from."""
    with ORDERS.open() as file:
        return tuple(row["sentence"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def build_language(given: Iterable[Skill]) -> Language:
    """The phrases of these skills, contractions included, with their slots and likely open words."""
    all_skills = tuple(given)
    slots: Mapping[str, tuple[str, ...]] = gather_slots(all_skills)
    phrases = [
        f"{LEADS} {_spoken(template)}"
        for skill in all_skills
        for intent, templates in skill.phrases.items()
        for template in templates
        if intent not in skill.unheard
    ]
    counts = [word for number in ("unit", "teen", "ten") for word in re.findall(r"[a-z]+", slots[number][0])]
    heard = {**slots, **LIKELY, **HEARD}
    return Language(
        phrases=(*phrases, *LISTENING),
        slots={name: heard[name] for name in sorted(_used(phrases, heard))},
        open_slots=tuple(name for skill in all_skills for name in skill.open_slots),
        open_words=tuple(dict.fromkeys((*OPEN_WORDS, *counts))),
        sentences=sentences(),
        corrected=CORRECTED,
    )


def language() -> Language:
    """What the embedded brain understands."""
    return build_language(skills())
