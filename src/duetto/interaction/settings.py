"""Every threshold of the interaction in one place."""

from __future__ import annotations

from dataclasses import dataclass

from duetto.timeline.clock import ms

BACKCHANNELS = frozenset(
    {"mhm", "mm", "hm", "uh", "um", "huh", "ah", "oh", "yeah", "yes", "yep", "okay", "right", "sure", "cool", "wow"}
)
"""Words by which a listener says "go on" (Yngve 1970), as far as the recogniser can hear them."""


@dataclass(frozen=True, slots=True)
class InteractionSettings:
    """When to speak, wait, duck and stop."""

    whole_silence: int = ms(160)
    """Silence (ns) after which a turn has ended whose words are a whole request: the mean gap between people (239 ms in
    English, Stivers et al. 2009), less half a micro-turn, for that is how late it is noticed at Δ = 80 ms, and less
    the 60 ms by which voice activity lets go of a voice too late."""
    open_silence: int = ms(440)
    """The same when the words are whole but may well go on ("count to ten" … "by twos")."""
    half_silence: int = ms(1200)
    """The same when something is missing: pauses inside a turn are mostly below 1 s (Heldner & Edlund 2010)."""
    unknown_silence: int = ms(900)
    """The same when the words mean nothing to the brain, or it has not said."""
    draft_stable: int = ms(160)
    """For how long (ns) partial words must stand before a draft is asked for while the user still speaks: a partial
    word of the embedded recogniser is stable 140 ms after it ends."""
    drafts_per_turn: int = 8
    """Drafts at most while the user speaks in one turn; after that only pauses and the end are asked about."""
    hold_after: int = ms(110)
    """Length of the user's voice (ns) over duetto's own after which ducking becomes silence: with the time to notice
    an onset this keeps onset-to-silent near 200 ms."""
    backchannel_longest: int = ms(800)
    """Voice over duetto's own, shorter than this (ns) and of no words or only backchannels, is no interruption."""
    resume_silence: int = ms(240)
    """Silence (ns) after such a voice before duetto goes on."""
    order_early: float = 0.5
    """A standing order's moment is met when it lies less than this share of a micro-turn ahead: what is said then
    begins at most half a micro-turn early or late."""
    most_orders: int = 32
    """Standing orders in force at most; one more is refused, and duetto says so."""
    plan_ahead: int = 8
    """Clauses of one reply that are in the plan of speech at once; the rest of a long one follows as it is said."""
    most_replies: int = 16
    """Replies being made or said at most; the oldest unsaid one goes first."""
