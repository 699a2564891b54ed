"""Words cut to their stems, and the words that claim nothing."""

from __future__ import annotations

import re
from functools import lru_cache

import Stemmer

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?(?:-free\b)?")

# Words that claim nothing about a product: a sentence may use them whatever the facts are.
NEUTRAL = frozenset(
    """a about add adds after again all along alongside also among an and another any are around as asked at away back be
    because been before begin being between both bother bring brings but by call called calls came can care cares case
    choice choose choosing closer come comes compare consider could day days deal decide decides decision depends did
    different do does doing don't each easily easy either else end enough even ever every everyday everything eye feel
    feels few find finds fine first fit fits fitting for found friend from further game get gets getting give gives
    glance go goes going good got had hand handy happy has have having he he's help helps her here hers his how however
    i i'd i'll i'm idea ideas if in instead interest interests into is isn't it it'd it'll it's its itself job just
    keep keeping keeps kept kind know last lean leans leave leaves let lets like liked likes line little look looking
    looks lot lots love made make makes making many match matches matter matters may maybe me mean means meant meet
    meets might mind mine miss mood more most much my natural need needed needs next nice no nod none nor not note
    nothing now of off offer offers on once one ones onto option options or other others otherwise ought our out over
    own pair part particular pick picked picks place plain plainly plus point points prefer preference preferred
    prefers pretty put puts question quite rather reach reached reason reasons right said same sample say saying says
    second see seem seems sees sense set sets settle settles she shop shopper should show shows side simple simply
    since so solid some somebody someone something sound sounds spot stand stands start starting starts stay stays step
    still story straight straightforward such suit suited suits sure take taken takes taking taste tell tells than
    thanks that that's the their theirs them then there there's these they they'd they'll they're thing things think
    third this those though through time times to together told too towards trio trouble try trying turn turns under
    unless until up upon us use used useful user uses using usual very want wanted wants was way we we'd we'll we're
    wear wearing welcome well went were what what's whatever when whenever where whereas whether which whichever while
    who who'd who's whoever whole whose why will wish wishes with within without won't wonder word work works worn
    worth would yes yet you you'd you'll you're you've your yours yourself""".split()
)


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def stems(text: str) -> frozenset[str]:
    """The stems of the words of `text`, numbers left out."""
    return frozenset(_stemmer().stemWords(WORD.findall(text.lower())))


@lru_cache(maxsize=1)
def neutral_stems() -> frozenset[str]:
    """The stems of `NEUTRAL`."""
    return stems(" ".join(NEUTRAL))


def content_stems(text: str) -> frozenset[str]:
    """The stems of the words of `text` that may claim something."""
    return stems(text) - neutral_stems()
