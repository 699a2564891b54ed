import pytest

from assistant.handoff.masking import Masking, mask_numbers
from assistant.types import Attempt, Conversation, Errand, Message
from tests.fakes_waiting import order, waiting

ASKED = Message("assistant", "Please tell me the postcode it went to.", "2026-02-02T00:00:00+00:00")


def thread(*said: str, **more: object) -> Conversation:
    """Shopper and assistant in turns; a text that begins with a bar is the assistant's."""
    messages = [Message("assistant" if text[0] == "|" else "shopper", text.lstrip("|"), ASKED.time) for text in said]
    return waiting("order_problem", messages=tuple(messages), **more)


def masked(conversation: Conversation, *orders: object) -> list[str]:
    masking = Masking(conversation, orders)
    return [masking.message(message) for message in conversation.messages if message.role == "shopper"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4111 1111 1111 1111 is my card", "[card number ending in 1111] is my card"),
        ("4111-1111-1111-1111", "[card number ending in 1111]"),
        ("it is 378282246310005.", "it is [card number ending in 0005]."),
        # A slip of the finger: the sum is wrong, and it is a card number all the same.
        ("4111 1111 1111 1112", "[card number ending in 1112]"),
        ("cvv is 123, thanks", "cvv is [security code], thanks"),
        ("security code: 0042", "security code: [security code]"),
    ],
)
def test_what_cards_are_paid_with_is_hidden(text: str, told: str) -> None:
    assert mask_numbers(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "call me on +44 7700 900123 or 555-0199",
        "mia@example.com",
        "order SW-10001 of 2026-01-02 for $1,299.00",
        "tracking 1234567890123456789012",
        "the ean is 4006381333932",
        "model 9780306406157123",
    ],
)
def test_what_an_agent_needs_stays(text: str) -> None:
    assert mask_numbers(text) == text


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("97201", "[postcode]"),
        ("it's 97201-1234, sorry", "it's [postcode], sorry"),
        ("gu1 3aa", "[postcode]"),
        ("K1A 0B1", "[postcode]"),
        ("D02 X285", "[postcode]"),
        ("either 97201 or 97202", "either [postcode] or [postcode]"),
        ("SW-10001 and 97201", "SW-10001 and [postcode]"),
        ("no idea, I threw it away", "no idea, I threw it away"),
    ],
)
def test_an_answer_to_the_question_for_a_postcode_is_hidden(answer: str, told: str) -> None:
    assert masked(thread("where is my parcel", f"|{ASKED.text}", answer)) == ["where is my parcel", told]


def test_later_answers_are_hidden_as_well() -> None:
    said = masked(thread("hi", f"|{ASKED.text}", "97201", "|They don't belong together.", "then 97299", "|No.", "or 97288"))
    assert said == ["hi", "[postcode]", "then [postcode]", "or [postcode]"]


def test_long_after_the_question_numbers_are_no_answers_any_more() -> None:
    said = masked(thread("hi", f"|{ASKED.text}", "later", "|Well.", "first boots", "|Sure.", "size 42000", "size 42000?"))
    assert said == ["hi", "later", "first boots", "size [postcode]", "size 42000?"]


def test_a_postcode_that_nobody_asked_for_is_hidden_where_it_is_named_or_stands_by_an_order_number() -> None:
    said = masked(thread("order SW100, 97201", "my zip code is 97201", "do you have 20000 mAh power banks?"))
    assert said == ["order SW100, [postcode]", "my zip code is [postcode]", "do you have 20000 mAh power banks?"]


def test_bare_numbers_are_parted_where_the_message_was_about_an_order() -> None:
    text = "where is 10001 97201"
    asked = thread(text, attempts=(Attempt("order_status", text),))
    assert masked(asked) == ["where is 10001 [postcode]"]


def test_the_postcode_of_an_open_order_is_hidden_wherever_it_stands() -> None:
    assert masked(thread("I live in 97201, by the way"), order()) == ["I live in [postcode], by the way"]
    assert masked(thread("I live in 97 201 or so"), order()) == ["I live in [postcode] or so"]
    assert masked(thread("it cost 972011"), order()) == ["it cost 972011"]


def test_the_order_number_that_is_known_stays() -> None:
    errand = Errand("status", "postcode", order_id="10001")
    assert masked(thread("hi", f"|{ASKED.text}", "10001 97201", errand=errand))[-1] == "10001 [postcode]"


def test_the_same_words_are_hidden_wherever_they_are_kept() -> None:
    masking = Masking(thread("97201", f"|{ASKED.text}", "97201"))
    assert masking.words("97201") == "[postcode]"


def test_only_the_shoppers_words_are_changed() -> None:
    agent = Message("agent", "Your parcel is 4111 1111 1111 1111", ASKED.time)
    assert Masking(thread("hi")).message(agent) == agent.text


@pytest.mark.parametrize("text", ["", "\n\n", "1" * 5000, "0 " * 2500, "97201 " * 800, "cvv " * 1200, "١٢٣٤٥"])
def test_long_and_strange_texts_are_read_to_the_end(text: str) -> None:
    masked(thread("x", f"|{ASKED.text}", text or " "), order())
