"""Which words follow which, learned from sentences: a trigram model for a recogniser, as an ARPA file.

What was seen little is smoothed after Witten & Bell (1991): a history leaves as much to words that never followed it as
it had different ones. Below that lie the words of the sentences, and every other word that may be said.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

START: Final = "<s>"
END: Final = "</s>"
SEEN: Final = 0.7
"""Share of words of the sentences where no history helps; the rest is every other word's."""
_NEVER: Final = -99.0


def trigrams(sentences: Iterable[Sequence[str]], common: Mapping[str, float]) -> str:
    """An ARPA file. common: other words that may be said, each with how likely it is, on any scale."""
    words: Counter[str] = Counter()
    after: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        said = [START, *sentence, END]
        for at in range(1, len(said)):
            words[said[at]] += 1
            after[(said[at - 1],)][said[at]] += 1
            if at > 1:
                after[said[at - 2], said[at - 1]][said[at]] += 1
    total, every = sum(words.values()), sum(common.values()) or 1.0
    single = {
        word: SEEN * words[word] / total + (1 - SEEN) * common.get(word, 0.0) / every for word in {*words, *common}
    }

    def likely(history: tuple[str, ...], word: str) -> float:
        if not history:
            return single[word]
        followers = after[history]
        below = len(followers) * likely(history[1:], word)
        return (followers[word] + below) / (followers.total() + len(followers))

    def left(history: tuple[str, ...]) -> float:
        """Of a history, for words that have never followed it."""
        if not (followers := after.get(history)):
            return 1.0
        return len(followers) / (followers.total() + len(followers))

    orders: list[list[tuple[str, ...]]] = [[(START,), *((word,) for word in sorted(single))]]
    orders += [sorted((*past, word) for past in after if len(past) == n for word in after[past]) for n in (1, 2)]
    lines = ["\\data\\", *(f"ngram {n}={len(grams)}" for n, grams in enumerate(orders, 1))]
    for n, grams in enumerate(orders, 1):
        lines += ["", f"\\{n}-grams:"]
        for gram in grams:
            chance = _NEVER if gram == (START,) else math.log10(max(likely(gram[:-1], gram[-1]), 1e-30))
            lines.append(f"{chance:.4f} {' '.join(gram)}" + (f" {math.log10(left(gram)):.4f}" if n < 3 else ""))
    return "\n".join([*lines, "", "\\end\\", ""])
