"""The page of answers side by side: contexts with the answers in a seeded order, then the figures and whose they were."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.facts import told_of, wish
from assistant.grounding import fact_of, short_names

if TYPE_CHECKING:
    from bench.answers import Answered, Spoken

SEED = 20
_MARKS = "XYZUVW"
_INTRODUCTION = """# Answers side by side

Each entry has a shopper's wish, what the voices were told of the first products found, and an answer of each voice: audited,
rendered, with the template where the audit left nothing. Their order is drawn anew for each entry; whose is whose stands at
the [end](#whose-is-whose). None of these wishes is among the examples that the voice was tuned on; the kinds of products of
the demo shop are there in none, but for single products in lists of ideas.
"""


def page(answers: Sequence[Answered]) -> str:
    """The whole page in Markdown."""
    orders = [order_of(number, list(answer.spoken)) for number, answer in enumerate(answers, 1)]
    entries = [_entry(number, one, orders[number - 1]) for number, one in enumerate(answers, 1)]
    key = [
        f"| {number} | " + " | ".join(f"{mark} {name}" for mark, name in zip(_MARKS, order, strict=False)) + " |"
        for number, order in enumerate(orders, 1)
    ]
    voices = list(answers[0].spoken) if answers else []
    head = "| Entry |" + " |" * len(voices) + "\n|---|" + "---|" * len(voices)
    return "\n".join([_INTRODUCTION, *entries, "## Figures\n", figures(answers), "\n## Whose is whose\n", head, *key, ""])


def order_of(number: int, voices: Sequence[str], seed: int = SEED) -> list[str]:
    """The voices of an entry in the order in which they stand there."""
    order = sorted(voices)
    random.Random(f"{seed} {number}").shuffle(order)
    return order


def figures(answers: Sequence[Answered]) -> str:
    """A table with a line for each voice."""
    lines = [
        "| Voice | Sentences thrown out | Answers left to the template | Words an answer | Seconds an answer |",
        "|---|---|---|---|---|",
    ]
    for name in answers[0].spoken if answers else ():
        said = [one.spoken[name] for one in answers]
        thrown, written = sum(s.thrown_out for s in said), sum(s.thrown_out + s.released for s in said)
        share = f"{thrown} of {written} ({thrown / written:.0%})" if written else "–"
        left = f"{sum(s.is_template for s in said)} of {len(said)}" if written else "–"
        words = sum(len(s.text.split()) for s in said) / len(said)
        lines.append(f"| {name} | {share} | {left} | {words:.0f} | {_mean_seconds(said):.2f} |")
    return "\n".join(lines)


def _mean_seconds(said: Sequence[Spoken]) -> float:
    return sum(one.seconds for one in said) / len(said)


def _entry(number: int, one: Answered, order: Sequence[str]) -> str:
    cards, among = one.brief.cards, one.brief.among or one.brief.cards
    names = short_names([card.product for card in among])
    wanted = wish(one.context.need)
    lines = [f"## {number}. “{one.context.says}”\n", f"Shop {one.context.shop}, {one.context.task}; read as: {wanted}\n"]
    for card, told in zip(cards, told_of(cards, among, one.context.need), strict=True):
        facts = [fact_of(card.product, name, "en_US") for name in ("price", "rating")]
        known = ", ".join(fact for fact in facts if fact)
        lines.append(f"- {names[card.product.id]} ({known}): `{told.line()}`")
    lines.append("")
    lines += [f"**{mark}:** {_quoted(one.spoken[name].text)}\n" for mark, name in zip(_MARKS, order, strict=False)]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return " ".join(text.split()) or "(nothing)"
