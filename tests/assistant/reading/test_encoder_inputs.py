import pytest

from assistant.reading.context import Context
from assistant.reading.encoder.inputs import FEATURE, FEATURES_PER_TOKEN, MOST_SHOWN, MOST_WORDS, Encoder
from assistant.reading.text import read
from assistant.types import Shown
from retrieval.embed import default_model_path
from retrieval.types import Need

_SHOWN = tuple(Shown(f"p{at}", f"Maker{at} Lamp {color}", 1000 * at) for at, color in enumerate(("red", "blue", "red"), 1))


@pytest.fixture(scope="module")
def encoder():
    return Encoder.from_folder(default_model_path())


def _features(encoded, place):
    names = {number: name for name, number in FEATURE.items()}
    return {names[number] for number in encoded.features[place]}


def test_every_word_item_and_value_has_a_place(encoder):
    need = Need(query="lamp", include=("dimmable",), brand=("Maker1",), price_max=5000)
    encoded = encoder.encode(read("the second one, but black"), Context(need, _SHOWN, "search"))
    assert len(encoded.words) == 6
    assert len(encoded.items) == 3
    assert encoded.names == ("lamp", "price_max", "Maker1", "dimmable", "brand", "include")
    assert len(encoded.ids) == len(encoded.features)
    assert all(len(names) <= FEATURES_PER_TOKEN for names in encoded.features)


def test_items_know_their_place_price_and_whether_the_rules_mean_them(encoder):
    encoded = encoder.encode(read("the second one"), Context(shown=_SHOWN))
    assert {"item:2", "rule_strong"} <= _features(encoded, encoded.items[1])
    assert {"item:1", "cheap:1"} <= _features(encoded, encoded.items[0])
    assert {"item_end:1", "dear:1"} <= _features(encoded, encoded.items[2])


def test_items_know_how_they_are_pointed_at(encoder):
    context = Context(shown=_SHOWN, talked=("p2", "p3"))
    encoded = encoder.encode(read("number 1 or the second dearest, the blue"), context)
    first, second, third = (_features(encoded, place) for place in encoded.items)
    assert "by_place" in first and "by_place" not in second
    assert {"by_price", "by_name", "dear:2", "talked_some"} <= second
    assert "talked_some" in third and not {"by_place", "by_price", "by_name"} & third


def test_words_know_titles_and_the_need(encoder):
    encoded = encoder.encode(read("blue or red but dimmable"), Context(Need(include=("dimmable",)), _SHOWN))
    assert "in_one_title" in _features(encoded, encoded.words[0])
    assert "in_title" in _features(encoded, encoded.words[2])
    assert "in_need" in _features(encoded, encoded.words[4])


def test_a_picture_is_read_by_its_name(encoder):
    plain = encoder.encode(read("thumbs up sign"), Context())
    picture = encoder.encode(read("👍"), Context())
    assert set(picture.ids) <= set(plain.ids)


def test_long_turns_and_screens_are_cut(encoder):
    many = tuple(Shown(str(at), "a very long title " * 20, None) for at in range(60))
    encoded = encoder.encode(read("word " * 1000), Context(shown=many))
    assert len(encoded.words) == MOST_WORDS
    assert len(encoded.items) == MOST_SHOWN
    assert len(encoded.ids) <= 512


def test_words_without_letters_of_the_tokenizer_keep_their_place(encoder):
    encoded = encoder.encode(read("\u200b\u0e01 ok \U0001f9ff"), Context())
    assert len(encoded.words) == len(read("\u200b\u0e01 ok \U0001f9ff").tokens)
