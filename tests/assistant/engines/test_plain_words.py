import re

import pytest

from assistant.engines.packaged import packaged_model
from assistant.engines.plain_words import OPENINGS, REFERENCE_LETTERS, forbidden_ids, is_plain, regex


@pytest.mark.parametrize(
    "token",
    [
        " tent",
        "proof",
        "The",
        " For",
        " I",
        "'m",
        "'s",
        ",",
        ".",
        " -",
        "-",
        " (",
        ").",
        "?",
        " [",
        "[",
        "A",
        "J",
        "[A",
        " [B",
        "]",
    ]
    + [
        "].",
        "],",
        "]'",
        ".price",
        "_",
        "item",
        "_weight",
        "list_price",
        "A.",
        "B]",
        "A]",
        "weight].",
        " [C]",
        " ([",
        "...",
        ";",
    ],
)
def test_words_references_and_punctuation_may_stand(token):
    assert is_plain(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "0",
        " 7",
        "x2",
        "٣",
        "²",
        "½",
        "Ⅷ",
        "一",
        "$",
        " €",
        "£",
        "¥",
        "%",
        "<",
        "</",
        ">",
        "{",
        "|",
        "\\",
        "@",
        "#",
        "*",
        "**",
    ]
    + [
        "`",
        "~",
        "^",
        "=",
        "/",
        "://",
        "&",
        '"',
        "“",
        "”",
        "\n",
        " \n\n",
        "\t",
        "é",
        "ß",
        "\ufffd",
        "!",
        "K",
        " B",
        " J",
        "Nike",
    ]
    + [
        " Bosch",
        "USB",
        " iPhone",
        "THE",
        "[]",
        "['",
        "[0",
        "__",
        " _",
        "](",
        "]]",
        "www.",
        " --",
        "----",
        "\xa0",
        "  ",
        "AB",
        "[K",
    ],
)
def test_what_could_spell_a_fact_may_not_stand(token):
    assert is_plain(token) == (token in ("www.", " --"))


def test_ends_are_always_allowed_and_what_the_vocabulary_lacks_never():
    tokens = ["", "tent", "<|end|>", "5", " [A"]
    assert forbidden_ids(tokens, {2}) == [0, 3]
    assert forbidden_ids(tokens, {0, 2}, size=7) == [3, 5, 6]


def test_the_regular_expression_says_the_same_of_sentences():
    pattern = re.compile(regex())
    assert pattern.fullmatch("For rain, [A] keeps dry: it's [A.weight], and I'd take it. The [B.list_price] is more.")
    for text in ("costs 30", "a Bosch drill", "Theodore", "[K]", "<b>", "!", "$"):
        assert not pattern.fullmatch(text)
    assert not re.search(r"\{\d", regex())


def test_no_opening_is_a_letter_of_a_reference_but_the_article():
    assert {word for word in OPENINGS if len(word) == 1} == {"A", "I"}
    assert all(word[0].isupper() and word.isascii() and word.isalpha() for word in OPENINGS)


def test_the_packaged_vocabulary_can_spell_prose_and_references_and_no_digit():
    import gguf

    fields = gguf.GGUFReader(packaged_model()).fields
    spelled = [token.replace("Ġ", " ") for token in fields["tokenizer.ggml.tokens"].contents()]
    forbidden = set(forbidden_ids(spelled, {2}))
    allowed = {token for number, token in enumerate(spelled) if number not in forbidden}
    assert 25_000 < len(allowed) < 40_000
    assert allowed.issuperset({"[", " [", "].", "_", ".", "price", " If", "The", *REFERENCE_LETTERS})
    assert not any(character.isdigit() or character in "$€£%<>" for token in allowed - {spelled[2]} for character in token)
