"""Every threshold of the interaction in one place."""

from __future__ import annotations

from dataclasses import dataclass

from duetto.timeline.clock import ms, s

BACKCHANNELS = frozenset(
    "mhm mm hm hmm hum uh um huh ah aha oh i see yeah yes yep okay right sure cool wow good great nice exactly".split()
)
"""Words by which a listener says "go on" (Yngve 1970), as far as the recogniser can hear them."""

HESITATIONS = frozenset({"um", "uh", "er", "erm", "hmm"})
"""Words by which a speaker holds the turn (Clark & Fox Tree 2002)."""
LEADS_ON = frozenset({"and", "or", "but", "so", "because", "then", "if", "that", "the", "a", "to", "of", "for", "no"})
"""Words that a turn does not end with."""


@dataclass(frozen=True, slots=True)
class InteractionSettings:
    """When to speak, wait, duck and stop."""

    whole_silence: int = ms(120)
    """Silence (ns) after which a turn has ended whose words are a whole request: as soon as the silence is known to be
    one. What is then said begins after about as long as between people (239 ms in English, Stivers et al. 2009)."""
    open_silence: int = ms(200)
    """The same when the words are whole but may well go on ("count to ten" … "by twos")."""
    likely_silence: int = ms(850)
    """The same when people mostly do go on ("remind me every minute to breathe" … "until I say stop")."""
    unsure_silence: int = ms(850)
    """The same at least, whatever the brain makes of the words, when their confidence is below `sure_of_end`: of
    sentences that were not in the language most are taken for whole requests, with little confidence. Also where they
    are not all that was said (`untold_longest`), and in a turn in which duetto has shown that it listens: it is a long
    one."""
    sure_of_end: float = 0.6
    """Confidence of the recogniser: 10 in 100 requests come out below it, 95 of other sentences."""
    untold_longest: int = ms(500)
    """How long (ns) before the end of the voice the last word may end; the words are unsure where it ends earlier: a
    grammar that has no words for what is said ends early, and takes the rest for silence."""
    prepares_for: int = 0
    """Silence (ns) up to which a turn that may end stays open until its draft has something to say or to do: an end
    brings nothing before, and a user who goes on meanwhile is still in the same turn. 0 for a brain that has its answer
    at once."""
    half_silence: int = ms(1250)
    """The same when something is missing: pauses inside a turn are mostly below 1 s (Heldner & Edlund 2010)."""
    unknown_silence: int = ms(1100)
    """The same when the words mean nothing to the brain, when it has not said, or where their confidence is below
    `sure`, so that they are taken for none."""
    hesitation_silence: int = ms(1500)
    """The same at least, after a hesitation or a word that leads on; and at most because of the user's own pauses."""
    asked_factor: float = 0.7
    """Times the silence where duetto has just asked something: answers are short, and their ends foreseen."""
    level_pitch: float = 0.5
    """Semitones: a pitch that ends nearer than this to its median stays level, and holds the turn; one that falls or
    rises yields it (Gravano & Hirschberg 2011)."""
    level_pitch_factor: float = 1.0
    """Times the silence then. Synthetic voices, which the items are spoken by, do not tell: 1 until real ones do."""
    sure_finished: float = 0.5
    """Probability from which an endpointer says that the user has finished."""
    finished_factor: float = 0.75
    """Times the silence where it says so. Smart Turn finds 77 of 100 ends in read human speech, and tells 60 of 100
    other pauses for what they are: weak evidence, so it moves a silence and never ends a turn by itself."""
    unfinished_factor: float = 1.3
    """Times the silence where it says that they have not."""
    own_pause_factor: float = 1.3
    """Where the words leave it open, or are unsure, or the turn is one in which duetto has shown that it listens, a
    silence is no end before it is this many times the user's median pause."""
    most_pauses: int = 8
    """Pauses of the user that are remembered."""
    elsewhere_factor: float = 1.5
    """Times the silence while the user types, or has turned away from the camera."""
    draft_stable: int = ms(160)
    """For how long (ns) partial words must stand before a draft is asked for while the user still speaks: a partial
    word of the embedded recogniser is stable 140 ms after it ends."""
    drafts_per_turn: int = 8
    """Drafts at most while the user speaks in one turn; after that only pauses and the end are asked about."""
    hold_after: int = ms(150)
    """Length of the user's voice (ns) over duetto's own after which ducking becomes silence, if it is as loud as their
    usual one: with the time to notice an onset and to end a word, onset-to-silent is 238 ms in the median
    (`duetto bench run`, held-out half, Δ = 40 ms)."""
    aside_db: float = 3.0
    """dB below the user's usual level at which a voice is hardly meant for duetto: it only ducks, unless the brain
    understands the words."""
    another_db: float = 4.0
    """dB below it at which what is said is hardly the user's: "when I say" waits for the user. More than the other, for
    who tells something does not speak up as one does to duetto."""
    another_after: int = s(1)
    """How long (ns) a turn must have lasted before that is said of it: people begin more quietly than they go on."""
    level_follows: float = 0.3
    """Share of each answered turn in the usual level."""
    onset_slack: int = ms(200)
    """How much earlier (ns) than the overlap its voice may have begun: it is noticed late."""
    sure: float = 0.25
    """Confidence of the recogniser below which its words are taken for none: of requests 4 in 100 come out there, of
    other speech 87 (the embedded recogniser, whole sentences)."""
    sure_alone: float = 0.08
    """The same where duetto is silent: there, leaving a request unanswered is worse than answering what was none."""
    held_stays: bool = False
    """Once duetto has fallen silent for a voice, it goes on again for what the words are, not for how quiet they are: a
    voice that comes back after a comma begins quietly, and of new words a slow brain says nothing yet."""
    sure_of_whole: float = 0.4
    """Confidence from which words over duetto's own speech that the brain understands take the floor even if they are
    quiet, once they have lasted `quiet_floor_after`."""
    quiet_floor_after: int = ms(900)
    """ns; before it the confidence tells little."""
    hardly: float = 0.1
    """Confidence below which speech over duetto's own that still goes on is not for it, after `hardly_after`."""
    hardly_after: int = ms(1200)
    """ns of such speech."""
    foreign_after: int = ms(600)
    """Length of speech (ns) over duetto's own after which words that mean nothing to the brain are for others."""
    aside_silence: int = ms(300)
    """Silence (ns) after speech for others before duetto comes back up."""
    engaged_for: int = s(15)
    """How long (ns) after duetto last spoke words that mean nothing to it are still taken for an attempt to talk to it,
    and answered with a word of regret; later they are for somebody else."""
    backchannel_longest: int = ms(800)
    """Voice over duetto's own, shorter than this (ns) and of no words or only backchannels, is no interruption."""
    resume_silence: int = ms(0)
    """Silence (ns) after such a voice before duetto goes on, beyond what it takes to notice the silence."""
    listens: bool = True
    """Give sounds of listening in the user's long turns."""
    listen_after: int = ms(2200)
    """Speech (ns) since the turn began, or since the last such sound, before one is due."""
    listen_silence: int = ms(160)
    """Silence (ns) in which it is given."""
    listen_room: int = ms(300)
    """How far (ns) the turn's end must be, for if it is near the reply is due instead."""
    order_early: float = 0.5
    """A standing order's moment is met when it lies less than this share of a micro-turn ahead: what is said then
    begins at most half a micro-turn early or late."""
    waits_for: int = 3
    """Words of the clause being said that an order's remark waits for, at most: about a second."""
    most_orders: int = 256
    """Standing orders in force at most; one more is refused, and duetto says so."""
    most_remarks: int = 120
    """Remarks of standing orders begun within a minute, at most, of all together: two a second. What is met beyond is
    counted and not spoken of."""
    most_remarks_waiting: int = 6
    """Remarks of standing orders that may wait to be said; one more is not made."""
    most_weighed: int = 2
    """Questions of standing orders that the brain may be working on at once."""
    most_questions: int = 30
    """Questions of standing orders that are put to the brain within a minute, at most, of all together: each is a
    request to a model, mostly with a picture. What is beyond is told, once a minute: pictures are asked about later,
    words are not."""
    weigh_gap: int = s(2)
    """ns between two askings of a question about a picture, at least."""
    weigh_moving: int = s(4)
    """ns after which it is asked again while something keeps moving."""
    weigh_limit: int = s(10)
    """ns after which no answer to such a question is expected any more."""
    replans: bool = False
    """The brain is told what was heard and what was to follow, and says what comes in its place: new words end the rest
    of a reply. Without it a typed line is answered in between, and the reply goes on."""
    filler_after: int | None = None
    """ns after which a reply that has not begun is announced with a short word, once; None for never."""
    most_rounds: int = 4
    """Outcomes of tools that may follow from the user's words before the brain must answer without another call."""
    most_calls: int = 8
    """Calls of tools in hand at most; one more is refused."""
    plan_ahead: int = 8
    """Clauses of one reply that are in the plan of speech at once; the rest of a long one follows as it is said."""
    most_replies: int = 16
    """Replies being made or said at most; the oldest unsaid one goes first."""
