"""Idioms in which people give an order, and what they come to in the words of the skills: patterns and replacements.

TALK leads up to a request and is none of it; TIMES say when and how often; DEEDS what duetto is to do; CUES what it is
to listen for. In the patterns below S stands for a length of time, N for a number, UNIT for a unit of time, ON for what
leads to a condition, GONE for what becomes of a time that is over, ISAY for "I say" in any of its ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from duetto.brain.embedded import numbers

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

_NUMBER: Final = "|".join((*numbers.UNITS, *numbers.TEENS, *numbers.TENS, "(?:a )?hundred", r"\d+"))
UNIT: Final = "(?:seconds?|minutes?|hours?)"
_COUNT: Final = rf"(?:(?:{_NUMBER})(?: (?:{_NUMBER}))*)"
SPAN: Final = (
    rf"(?:(?:{_COUNT}|an?) (?:and a half )?{UNIT}(?: and a half(?! {UNIT}))?(?: (?:and )?{_COUNT} {UNIT})?"
    rf"|half an? {UNIT})"
)
_I_SAY: Final = (
    r"(?:i|you (?:hear|catch|notice|spot) me|i (?:happen|start|end up|find myself)(?: to)?|my mouth) "
    r"(?:ever |actually |just )?"
    r"(?:say|saying|said|use|using|used|utter|uttering|mention|mentioning|let slip|slip in|throw in|come out with"
    r"|blurt out|blurt|spell out|go(?! quiet| silent| to | out| away| home| on| off)|call out|shout|whisper|drop"
    r"|bring up"
    r"|(?:start|begin)(?: a| my| the)?(?: sentences?)?(?: with| saying| off with))"
)
_ON: Final = (
    r"(?:when|whenever|if|once|after|as soon as|should|in case"
    r"|(?:at )?the (?:moment|minute|second|instant)(?: that)?|every time|each time|any time|next time|first time)"
)
GONE: Final = (
    r"(?:(?:has|have) come and gone|(?:have |has |is |are |had )?(?:passed|elapsed|gone by|gone|runs? out|expired"
    r"|went by|ended|over|up|done|through"
    r"|finished)(?: by)?|(?:go|goes|pass|passes|run|runs) by|pass(?:es)?|run out|elapse)"
)
_ALL: Final = r"\b(?:nobody|no one|none|it|room|everyone|everybody|there is|conversation|class|lull)\b"
"""What tells that a silence is everybody's, not only the user's."""
_SHORT: Final = {"ISAY": _I_SAY, "GONE": GONE, "ON": _ON, "UNIT": UNIT, "S": SPAN, "N": _COUNT}
_NAMED: Final = re.compile(r"(?<!\\)\b(?:ISAY|GONE|ON|UNIT|S|N)\b")


def _rules(*given: tuple[str, str | Callable[[re.Match[str]], str]]) -> tuple[Rule, ...]:
    """Of patterns as they are written here, each of whole words."""
    found: list[Rule] = []
    for pattern, replacement in given:
        pattern = _NAMED.sub(lambda name: _SHORT[name[0]], pattern)
        found.append((re.compile(rf"(?:(?<=^)|(?<= ))(?:{pattern})(?:(?= |$)|(?<= ))", re.IGNORECASE), replacement))
    return tuple(found)


_QUARTERS: Final = {"a": "fifteen", "three": "forty five"}
"""Quarters of a minute, in seconds, or of an hour, in minutes."""
_PART_OF: Final = {"minute": "seconds", "hour": "minutes"}
_SHARES: Final = {"twice": "thirty", "three times": "twenty", "four times": "fifteen"}


def _quarters(found: re.Match[str]) -> str:
    """Of "three quarters of an hour": "forty five minutes"."""
    return f"{_QUARTERS[(found[1] or 'a').lower()]} {_PART_OF[found[2].lower()]}"


def _and_a_part(found: re.Match[str]) -> str:
    """Of "an hour and a quarter": "seventy five minutes"."""
    sum_ = {"half": "ninety", "quarter": "seventy five"}[found[3].lower()]
    return f"{found[1] or ''}{sum_} {_PART_OF[found[2].lower()]}"


def _times_in(found: re.Match[str]) -> str:
    """Of "three times a minute": "every twenty seconds"."""
    return f"every {_SHARES[found[1].lower()]} {_PART_OF[found[2].lower()]}"


TALK: Final = _rules(
    # what leads up to a request and is none of it
    (r"^(?:(?:hey|hi|hello|okay|ok|so|right|well|oh|um|uh|er|alright|listen|now|and|also|actually|you know what"
     r"|let us see|look|anyway|duetto|mate|ah|go on|yeah|nah|yes|basically|buddy|love|dear|let us say"
     r"|do me a favou?r and|do the needful and|no matter when|if it so happens that|for the (?:quiz|record|game)"
     r"|by the way|real quick) )+", ""),
    (r"(tell|give|remind|ask|warn|nudge|let) us", r"\1 me"),
    (r"(?:would you|would ya|will you|right|yeah|okay|thanks|thank you|love|mate|if that is okay|got it|you hear)$",
     ""),
    (r"and a quarter (hours?|minutes?)", r"and fifteen \1"),
    (r"^(?:.*? )?(?:(?:when|whenever|if|once|where|every time|each time) )?i(?: will| am going to)? (?:say|go|sing"
     r"|call|shout|yell|whisper) (.+?) (?:and )?(?:then )?you (?:are to |have to |should |will "
     r"|must )?(?:finish it with|say|go|sing|shout|(?:reply|answer|respond|come back)(?: with)?)",
     r"when i say \1 say"),
    (r"(?:during|in) my (?:speech|talk|presentation|call|lesson|rehearsal)|or thereabouts|do me a solid and"
     r"|be a dear and|see if you can", ""),
    (r"(?:i need|i want|i would like) to know", "tell me"),
    (r"i (?:ought to|oughta|should|need to|have to|want to) be (?:told|reminded|warned)", "tell me"),
    (r"i (?:think i )?(?:am )?(?:going to|gonna|will)? ?need (?=an? )|i could use (?=an? )", "give me "),
    (r"tell (?:the \w+|my \w+|them|him|her|everyone|everybody|grandma|grandpa|mum|mom|dad) to", "tell me to"),
    (r"asking", "ask"),
    (r"after which|at which point|and in that case", "then"),
    (r"(?:from you|quietly|softly|gently|firmly|politely)", ""),
    (r"(?:would|do) you mind", "please"),
    (r"(?:would|could|can|will) you (?:please |kindly |possibly |maybe |just |be able to )*", ""),
    (r"(?:i (?:want|need|would like|would love|would appreciate it if)|i am going to need|it would be (?:great|good"
     r"|nice|lovely|helpful) if|i would be grateful if) (?:for )?you (?:to |could |would |can )?", ""),
    (r"(?:make sure|be sure|see to it)(?: that)?(?: you| to)*", ""),
    (r"(?:(?:i am|you are) (?:going )?to|i will) (?=say|reply|shout|answer)", ""),
    (r"(?:be (?:reminding|telling)) me", "remind me"),
    (r"(?:do not forget|remember|try|be ready|feel free|you have|you need) to (?=say|tell|remind|let|give|warn|ask)",
     ""),
    (r"(?:go ahead and|if you (?:could|would|can)|if you do not mind|for me|would be great|will you|just|please"
     r"|kindly|simply|out loud|aloud|loudly|you should|you must|you can|you could|you are to)", ""),
    (r"^(?:i want|i need|i would like|how about) (?=a |an )", "give me "),
    (r"you (?=(?:say|tell|remind|warn|let me know|ask|shout|answer|reply|respond)\b)", ""),
    (r"i (?:want|would like|need) to (?:hear|be told|be reminded|be warned)", "tell me"),
    # verbs in -ing, after "would you mind" and the like
    (r"^saying|please saying", "say"),
    (r"^telling|please telling", "tell"),
    (r"^reminding|please reminding", "remind"),
    (r"^letting me know|please letting me know", "let me know"),
    (r"^giving|please giving", "give"),
    (r"please (nudg|announc|mak)ing", r"\1e"),
    (r"please (ping|buzz|warn|shout|interrupt|poke|alert|jump|chim|pip|speak|count|call|whisper|repeat|ask)ing", r"\1"),
    (r"^(?:keep|start) (?:on )?saying", "say"),
    (r"(?:keep|start) (?:on )?(?:reminding|nagging)", "remind"),
    (r"(?:keep|start) (?:on )?telling", "tell"),
    (r"please", ""),
)  # fmt: skip
TIMES: Final = _rules(
    (r"(?:about|around|roughly|approximately|exactly|precisely|like|say|nearly|almost|some|just|another|a good) (?=N"
     r"|an? (?:couple|few|second|minute|hour|half|quarter)\b|half an?\b)", ""),
    (r"(S) or so", r"\1"),
    (r"(?:(a|three) )?quarters? (?:of an? )?(minute|hour)", _quarters),
    (r"(every )?(?:an?|one)? ?(minute|hour) and a (half|quarter)", _and_a_part),
    (r"(N) and a half (minutes|hours)",
     lambda found: f"{found[1]} {found[2]} and thirty" f" {'seconds' if found[2] == 'minutes' else 'minutes'}"),
    (r"a couple(?: of)?", "two"),
    (r"(N) (?:more|whole|full|short|long) (?=UNIT)", r"\1 "),
    (r"(?:my|the|a full|a whole|those|these) (?=S)", ""),
    (r"(S) (?:down the road|from this point|out|hence)", r"in \1"),
    (r"the (?:second|minute|moment|instant) (?=S (?:is|are|run|runs|has|have|pass|passes|go|goes))", "when "),
    (r"(?:each|every) time (?:another |a )?(S)(?: GONE)", r"every \1"),
    (r"regular|on the dot|steadily", ""),
    (r"(N) times (?:total|all in all|in a row)", r"\1 times"),
    (r"(?:set|start|run|put on|do|begin) an? (S) timer", r"set a timer for \1"),
    (r"set a timer for (S) and when (?:it|that) (?:goes off|rings|ends|is done|is up|finishes|beeps)", r"in \1"),
    (r"(?:when|once|after) there (?:has|have) been (S)(?! of)", r"in \1"),
    (r"(?:a|one) half (?=UNIT)", "half a "),
    (r"(?<!and )(?:a )?half (?=(?:minute|second)s?\b)", "half a "),
    (r"half an? hour|(?<!and )(?:a )?half hour", "half an hour"),
    (r"half a half a", "half a"),
    (r"one minute (N)(?! (?:seconds?|minutes?|hours?))", r"one minute and \1 seconds"),
    (r"(?:every )?(?:couple|pair) of (?=UNIT)",
     lambda found: ("every " if found[0].startswith("every") else "") + "two "),
    (r"(?<!every )hourly|once an hour", "every hour"),
    (r"(?:a )?(?:few|handful of) (?=UNIT)", "three "),
    (r"a sec", "a second"),
    (r"(S) (?:is )?(?:time|worth)(?= |$)", r"\1"),
    (r"(?:in|within) (S) (?:from now|exactly|tops)", r"in \1"),
    (r"(?:in )?(S) (?:later|from now|from this moment|after (?:this|now|that))", r"in \1"),
    (r"(?:at|on|around) the (N) (second|minute) mark", r"in \1 \2s"),
    (r"(?:and then|then|and) ON it (?:has|is|have) been (S)", r"in \1"),
    (r"(?:when|once|after|as soon as|if) it (?:has|is) been (S)(?: (?:that|since).*?(?= say| tell| remind))?",
     r"in \1"),
    (r"(?:when|once|after|as soon as|the moment|until after) (?:the )?(?:next |first )?(S) GONE", r"in \1"),
    (r"(?:when you (?:reckon|think)|by the time|at the end of|when the clock has run for|once the clock has run for"
     r"|at) (?:the next )?(S)(?: GONE| are behind (?:us|me|you))?", r"in \1"),
    (r"in in", "in"),
    (r"after (?:a (?:pause|wait|delay|gap) of |the next )?(S)(?: of (?:waiting|silence from you))?", r"in \1"),
    (r"(?:let|allow|give it|give me|leave it|hold off|hang on|hold on|wait|stay quiet|keep quiet|stay silent"
     r"|be quiet|count(?: off| out)?|set yourself|leave me (?:be|alone)|do nothing|say nothing|do not say anything"
     r"|do not speak)(?: for)? (?:another )?(S)(?: GONE| to pass)?(?: before you| before| and then| then| and| to)?",
     r"in \1"),
    (r"^(?:another )?(S)(?: (?:rest|on the clock|break|wait|pause))?(?: and)? then", r"in \1"),
    (r"in (S) (?:saying|speaking|you say)", r"in \1 say"),
    (r"in (S) (?:telling|you tell)", r"in \1 tell"),
    (r"in (S) (?:reminding|you remind)", r"in \1 remind"),
    # how often
    (r"(?:once|one time) (?:every|per|each)", "every"),
    (r"(?:every|each) (?:single|and every)", "every"),
    (r"each (?=S|N|half|UNIT)", "every "),
    (r"every other (second|minute|hour)", r"every two \1s"),
    (r"(twice|three times|four times) (?:an?|every|per) (minute|hour)", _times_in),
    (r"once a (second|minute|hour)", r"every \1"),
    (r"(?:at|in|with) (N) (second|minute|hour) (?:intervals?|gaps?|breaks?)", r"every \1 \2s"),
    (r"(?:at|in) intervals of (S)", r"every \1"),
    (r"(?:with )?(?:a )?(?:gaps?|breaks?|pauses?|intervals?) of (S)(?: (?:in )?between(?: each| them)?)?", r"every \1"),
    (r"(?:with )?(S) (?:apart|in between|between (?:each|them|each one))(?: each)?", r"every \1"),
    (r"every (?:an?|one) (second|minute|hour)", r"every \1"),
    (r"(?:in total|altogether|all together|all told|in all|overall|and no more|tops|max|maximum|and that is it)", ""),
    (r"a total of (N) times|(N) times over", r"\1\2 times"),
    (r"(?:over and over(?: again)?|again and again|repeatedly|continuously|on repeat|non stop)", ""),
    # until when
    (r"(?:up )?(?:until|till|til)", "until"),
    (r"and (?:keep|carry|go)(?: on)? (?:going|doing (?:it|that|so)|on|at it) until", "until"),
    (r"until i (?:tell|ask|want|order) you to (?:stop|quit|shut up|cut it out|knock it off)(?: it)?",
     "until i say stop"),
    (r"until (?:told to stop|i stop you|i say otherwise|further notice)", "until i say stop"),
    (r"until you hear (?:me say )?(?:the word )?", "until i say "),
    (r"until i (?:go|shout|call|call out|yell|tell you|use) (?:the word )?", "until i say "),
    (r"until i say (?:the word|that i am|i am) ", "until i say "),
    (r"(?:for|over|during) the (?:next|first|coming) (S)", r"for the next \1"),
    (r"(?:for )?every (S) (?:that )?GONE", r"every \1"),
    (r"(?:but )?(?:only )?the first (two|three|four|five) times(?: only)?", r"only \1 times"),
    (r"(N times|twice|once) (every S|every UNIT)", r"\2 \1"),
    (r"(?:set|start) a (?:timer|countdown) for (S) (?:and then|and|then) (?=say|tell|remind|ask)", r"in \1 "),
)  # fmt: skip
DEEDS: Final = _rules(
    # what duetto is to do
    (r"(?<!a )(?<!an )(?:shout|yell|holler|whisper|announce|call(?= out)|sing|cry|scream|exclaim|chant|murmur|mutter"
     r"|blurt|read|say)(?: out| back)?(?: to me| at me)? (?!me\b|my\b)", "say "),
    (r"(?:speak up|chime in|pipe up|jump in|butt in|cut in|crack in|ring out|step in|break in|come in"
     r"|interrupt(?: me)?|stop me|cut me off|pull me up|hit me up|correct me|call me out|nudge me|prompt me"
     r"|bring me back|call out|remind me|hit me)(?: with(?: a quick)?| and say| to say| by saying| saying)", "say"),
    (r"(?:reply|answer|respond)(?: with| by saying| back)?(?= )", "say"),
    (r"(?:chuck|drop|give|send|throw|get) (?:me |us )?(?:an?|the|another) (?:quick |gentle |little )?(?:reminder"
     r"|nudge|prompt)", "give me a reminder"),
    (r"(?:can|could|may) i (?:get|have|ask for) (?=an? )|i would appreciate (?=an? )|i could do with (?=an? )",
     "give me "),
    (r"mention(?= )", "remind me about"),
    (r"(?:interrupt|stop) me and (?=say|tell|ask|remind)", ""),
    (r"(?:speak up|chime in|pipe up|jump in|butt in|cut in|step in|break in|come in)(?: and)? (?=say|tell|ask|remind"
     r"|let)", ""),
    (r"(?:speak up|chime in|pipe up|jump in|butt in|cut in|step in|break in|say something|holler(?: at me)?"
     r"|give me a (?:heads up|holler|call|yell|nod|warning|prompt|cue|tap|prod)|make a (?:sound|noise)|do a beep"
     r"|wake me(?: up)?)", "let me know"),
    (r"(?:answer|reply|respond|react|hit me|come back|go|counter|fire back|greet me)(?: to (?:it|that|me))? (?:with"
     r"|by saying)(?: the words?)?", "say"),
    (r"give me (?:an?|the) (?:reminder|nudge|shout|poke|heads up|prompt|prod) (?:to|that i (?:should|need to|have to"
     r"|must))", "remind me to"),
    (r"give me (?:an?|the) (?:reminder|nudge|shout|poke|heads up|prompt) (?:about|of|for)", "remind me about"),
    (r"(?:nudge|prompt|poke|warn|alert|nag|bug|pester|hassle|prod|ping|push|get|order|urge|instruct|command"
     r"|call on) me to", "tell me to"),
    (r"(?:nudge|nag|poke|warn|alert|ping|bug|pester|badger|prod|hassle) me (?:about|of)", "remind me about"),
    (r"(?:warn|alert|notify|inform|let me know|assure|shout to|yell at) me that", "tell me that"),
    (r"(?:let me know|shout|say) (?:that )?it is time (to|for)", r"say it is time \1"),
    (r"let me know (?:to|i (?:should|need to|have to|must))", "tell me to"),
    (r"let me know (?:that )?(?=i\b|the\b|you\b|my\b|it is\b|there\b)", "tell me that "),
    (r"tell me (?:i (?:should|need to|have to|had better|ought to|must)|it is time to)", "tell me to"),
    (r"tell me (?:that )?(?=i (?:am|look|can|did|do|have)\b|you\b|the\b|my\b|it is\b)", "tell me that "),
    (r"remind me (?:that )?i (?:should|need to|have to|must|ought to|had better)", "remind me to"),
    (r"let me hear(?: you say)?|hear you say|say to me|repeat", "say"),
    (r"say (?:the (?:words?|phrase|line|sentence)|the following|something like|these words) ", "say "),
    (r"(?:notify|alert|signal|buzz|ping|beep)(?: at)? me|give me a (?:buzz|beep|ping)|(?<!say )(?:buzz|beep)",
     "ping me"),
    (r"remind me (?:that )?(?=i am\b|i have\b|there (?:is|are)\b|the \w+ (?:is|are)\b|it is\b|you\b)", "tell me that "),
    (r"(?:time|clock) me for (S)", r"set a timer for \1"),
    (r"(?:give me|do|start|run) a (?:countdown|count down) (?:from|of)", "count down from"),
    (r"count (?:backwards?|back|me down)(?: down)? from", "count down from"),
    (r"(?:let me know|ping me|say|tell me) (in S|every S|every UNIT) (?:and )?(?:with|saying|by saying) (.+)$",
     r"say \2 \1"),
    (r"(?:let me know|ping me|say|tell me) (in S) and (?=say|tell|remind|ask)", r"\1 "),
    (r"(?:let me know|tell|warn|remind|alert|notify)(?: me)? (in S) that", r"\1 tell me that"),
    (r"(?:let me know|ping me|warn me|nudge me|remind me) (in S) to", r"\1 tell me to"),
    (r"(?:interrupt me|stop me|cut me off|pull me up|catch me|call me out) (in S)", r"let me know \1"),
    (r"do not let me forget (?:about |to )?(.+?) (?:and )?(?:mention it|bring it up|tell me|remind me|say so"
     r"|speak up)? ?(in S)", r"remind me about \1 \2"),
    (r"tell me (?!to |that |when|if |about|how |in |every |once|what|after|as soon|as |off|again|each|the moment"
     r"|whenever|until|any time|it$)(?:the word |the words )?", "say "),
    (r"(?:and )?(?:when|once|after|as soon as) (?:that|they|it|those|the (?:minutes?|time|hours?|seconds?))(?: (?:is"
     r"|are|has|have|was))? ?(?:GONE|out|finished|done|over|up)|(?:at|by) the end(?! of (?:the|a|my)\b)(?: of (?:it"
     r"|that|them))?|after that(?: time)?|when (?:the )?time is up", ""),
    # what stands
    (r"(?:scratch|strike|scrap|skip|drop|lose|ditch|cancel|forget|leave) (?:that|it)(?: one)?", "cancel that"),
    (r"(?:you can|you may)? ?stop (?:the )?(?:saying|telling me(?: to| about)?|reminding me(?: to| about)?) ",
     "cancel the "),
    (r"(?:cancel|scrap|drop|ditch|forget|delete|stop) (?:everything|all of (?:it|them|that|those)"
     r"|the (?:whole )?lot)(?: (?:that )?i (?:have )?(?:asked|told|said|set)(?: you)?(?: to do| up)?)?",
     "cancel everything"),
    (r"make it (every S)(?: for the .+? one)?(?: instead)?", r"make it \1"),
    (r"(?:scrap|drop|ditch|kill|lose|skip|call off|get rid of|i do not need) (?:the|my|that|those|these) ",
     "cancel the "),
    (r"(?:do not bother|no need)(?: (?:with|about|for))? (?:the |saying |telling me (?:to |about )?|to (?:say"
     r"|remind me(?: to| about)?|tell me(?: to| about)?) )?", "cancel the "),
    (r"(?:any ?more|any longer|after all|at all)$", ""),
    (r"(?:make|change|switch) (?:it|that) (?:to )?(?:every )(?=S)", "make it every "),
)  # fmt: skip
CUES: Final = _rules(
    # what duetto is to listen for
    (r"(?:if|when|whenever|once) (?:ever )?(?:i should|i (?:am|happen to be)|you have heard me|i have|i do"
     r"|i tell you|i get to|anyone(?: here)?|anybody|someone|somebody|i end up|i call out|as and when i) (?:say"
     r"|saying|said|says|finish saying|utter)(?: the (?:words?|phrase))?", "when i say"),
    (r"^go (?=.+ i say )", "say "),
    (r"if ever i say|as and when i say", "when i say"),
    (r"when i (?:tell you|get to|call out|reach) (?:the word )?", "when i say "),
    (r"(?:on|upon|at|to) (?:the words?|my words?|me saying|hearing me say)", "when i say"),
    (r"(?:mention|hearing|saying|use) (?:of )?the word (.+?) should (?:make|get|have) (?:to )?(?=say)",
     r"when i say \1 "),
    (r"(?:the|your|my) (?:cue|trigger|trigger word|code ?word|signal|prompt|keyword"
     r"|password)(?: for you)? is (?:the word )?(.+?) and (?:on that|then|when you hear (?:it|that)|when i say (?:it"
     r"|that)|at that)? ?(?=say|tell)", r"when i say \1 "),
    (r"^(?:hear|wait for|wait to hear|wait for me to say|wait to say) (?:the words? )?(.+?) and(?: then)? (?=say"
     r"|tell)", r"when i say \1 "),
    (r"^say ((?:\S+ ){1,5}?)and (?:each time |every time |then )?(?:you )?say", r"when i say \1say"),
    (r"^answer (.+?) with", r"when i say \1 say"),
    (r"(?:every|each) (?:single|and every) time|anytime|on every occasion(?: that)?|always when", "every time"),
    (r"(?:the )?(first|second|third|fourth|fifth) time(?: that)? ISAY(?: the (?:words?|phrase))?",
     r"the \1 time i say"),
    (r"(?:the )?next time(?: that)? ISAY(?: the (?:words?|phrase))?", "next time i say"),
    (r"(every time|whenever|each time|any time)(?: that)? ISAY(?: (?:the (?:words?|phrase|term|name)|an?))?",
     "every time i say"),
    (r"ON (?:that )?ISAY(?: (?:the (?:words?|phrase|term|name)|a word like))?", "when i say"),
    (r"you catch me(?: saying| using)?(?: the words?)?", "when i say"),
    (r"(?:on|upon|after) (?:hearing|me saying|my saying)(?: me say)?(?: the (?:words?|phrase))?", "when i say"),
    (r"at (?:the|any|every) mention of(?: the words?)?", "every time i say"),
    (r"(every time|whenever|each time|any time|when|if|as soon as|once|the moment|the second|the minute"
     r"|the instant) (?:you (?:hear|catch|notice|pick up)(?: on)?)(?: me)?(?: (?:saying|say))?(?: the (?:words?"
     r"|phrase|sound))?(?: of)?", r"\1 i say"),
    (r"(every time|whenever|each time|any time|when|if|as soon as|once|the moment|the second|the minute"
     r"|the instant) (?:the (?:words?|phrase|name|term) )?((?:\S+ ){1,7}?)(?:comes? up|pops? up|crops? up|slips? out"
     r"|comes? out|escapes|leaves?|(?:gets|is) (?:said|spoken|uttered|mentioned|heard)|falls|rolls off"
     r"|passes)(?: (?:of|from|past|off))?(?: (?:by )?(?:my|me|the) ?(?:mouth|lips"
     r"|tongue)?)?(?: in (?:the )?conversation)?", r"\1 i say \2"),
    (r"(?:my|the) (first|second|third|fourth|fifth) (\S+)$", r"the \1 time i say \2"),
    (r"(?:keep|take) (?:a )?(?:count|track|tally|note|tabs)(?: of| on)? (?:how (?:often|many times)|every time"
     r"|each time)", "count how often"),
    (r"(?:tell me|let me know|say) (?:how many times|how often) i (?:have )?(?:say|said|use|used)",
     "count how often i say"),
    (r"(?:listen|watch|look) (?:out )?for (?:me saying |me to say |to say |the (?:words?|phrase) "
     r"|any )?(.+?) and (?:when (?:you hear (?:it|that)|it comes(?: up)?|i do|i say (?:it|that)) |then )?(?=say|tell"
     r"|remind|ping|let me)", r"when i say \1 "),
    (r"(?:the moment|the second|the minute|the instant|once|after) (?=i say )", "when "),
    (r"^(.* i say .*)(?:remind me|ask me) to", r"\1tell me to"),
    (r"remind me to (?=.+ i say )", "tell me to "),
    # silence
    (r"should (?:there be|it be)", "if there is"),
    (r"(?:ON|whenever|every time|any time)(?! i (?:say|mention|use) (?!nothing)) (?:(?!\b(?:say|tell|ask|remind|then"
     r"|until)\b)(?! i do not).){0,45}?(?:quiet|silent|silence|not (?:talk|speak|say|said|spoken|answer|hear|heard"
     r"|get|make|made)|nobody|no one|none|nothing|stops? talking|lull|dead|clam up|shut|trail off|dries up|pauses?"
     r"|no sound|no talking|zone out)(?:(?!\b(?:tell|remind|then|until)\b).){0,40}? ?(S)(?: (?:straight|on end"
     r"|or more|of (?:silence|quiet|nothing)|in a row))?",
     lambda found: f"if {'it is' if re.search(_ALL, found[0]) else 'i am'} silent for {found[1]}"),
    (r"(?:after|following) (S) of (?:silence|quiet|nothing|dead air)", r"if it is silent for \1"),
    (r"(?:suppose|as long as|in the event(?: that)?|in case|provided|assuming)(?= )", "if"),
    (r"a (?:whole|full|entire|complete|good) (?=minute|hour)", "a "),
    (r"(?:nobody|no one|none of us) (?:has |is |have )?(?:spoken|talking|speaking|said anything|saying anything"
     r"|said a word|saying a thing|talks|speaks)(?: for| in) (?:the last )?(S)", r"it is silent for \1"),
    (r"(?:there is )?(?:not )?(?:a |no )(?:peep|sound|word|squeak)(?: out of| from| of)? me (?:for|in) (S)",
     r"i am silent for \1"),
    (r"(?:you )?(?:do not|have not) (?:hear|heard|get|got) (?:a |any )?(?:peep|sound|word|thing|squeak"
     r"|noise)(?: (?:out )?(?:of|from) me)? (?:for|in) (S)", r"i am silent for \1"),
    (r"i (?:am|have) not (?:speaking|spoken|talking|talked|uttered a word|saying anything|made a sound)(?: for"
     r"| in) (S)", r"i am silent for \1"),
    (r"(S) of (?:me being silent|me saying nothing|silence from me|dead air|silence|quiet)(?: and)?",
     r"if i am silent for \1"),
    (r"if if", "if"),
    (r"(?:the \S+ |it all |everyone |everybody |everything |we all )(?:is|are|goes|gets|go) (?:keeping )?(?:quiet"
     r"|silent)(?: and stays that way)? for (S)", r"it is silent for \1"),
    (r"(?:i (?:have )?(?:been|am|go|went|stay|fall|remain|get|keep)|i have gone) (?:quiet|silent|mute)(?: for"
     r"| longer than| more than)* (S)", r"i am silent for \1"),
    (r"you (?:have not heard|do not hear|hear nothing|have heard nothing)(?: from me| anything| a word| me| a thing"
     r"| a peep)* (?:for|in) (?:the next )?(S)", r"i am silent for \1"),
    (r"i (?:have not said|do not say|have said|say|do not utter|have not spoken|do not speak|do not talk"
     r"|have not talked)(?: anything| a word| a thing| nothing| a single word)? (?:for|in) (?:the next )?(S)",
     r"i am silent for \1"),
    (r"it (?:goes|gets|is|has been|stays|falls|has gone) (?:quiet|silent) for (?:the next )?(S)",
     r"it is silent for \1"),
    (r"there (?:is|has been|are) (?:a )?(?:(S) of (?:silence|quiet|nothing)|(?:silence|quiet|nothing|no sound"
     r"|no talking) for (?:the next )?(S)|(?:silence|pause|gap) of (S))", r"it is silent for \1\2\3"),
    (r"i (?:stop|quit|pause|break off)(?: talking| speaking)? for (?:the next )?(?:more than |longer than |over )?(S)",
     r"i am silent for \1"),
    (r"(S) (?:go|goes|pass|passes)(?: by)? (?:without|with no|and i have not)(?: me)?(?: (?:saying|said|speaking"
     r"|talking|a|any))?(?: (?:word|sound|peep|anything))?(?: (?:said|from me))?", r"i am silent for \1"),
)  # fmt: skip
