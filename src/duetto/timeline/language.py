"""What a brain understands, in a form that a recogniser can be built from."""

from __future__ import annotations

import msgspec


class Language(msgspec.Struct, frozen=True):
    """Phrases with slots, in the expansion notation of JSGF (W3C note "JSpeech Grammar Format", 2000).

    phrases: each a template of lower-case words, alternatives `(a | b)`, options `[please]` and slots `<number>`.
    slots: what a slot may hold, templates of the same notation, which may use other slots.
    open_slots: slots that take any words (what to be reminded of, a note's text). Where one of them has templates in
    `slots` too, they are what is likely in it.
    open_words: words that are likely in open slots, where a recogniser may look for them first.
    sentences: requests as people put them, whole: from these a recogniser may learn which words follow which.
    corrected: slots before which one may hesitate, and after which one may correct oneself ("five, no, six").
    """

    phrases: tuple[str, ...] = ()
    slots: dict[str, tuple[str, ...]] = {}
    open_slots: tuple[str, ...] = ()
    open_words: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
