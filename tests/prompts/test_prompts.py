"""Every template is rendered here with values of its own, and what must be in the text is looked for."""

import pytest
from jinja2 import UndefinedError

import prompts
from assistant.orders import Order
from assistant.types import CartView

FULL = CartView(((None, None, 0),), 100, "USD")  # type: ignore[arg-type]
ORDER = Order("SW1", "s", "shipped", "2026-01-01", ("p",), expected_at="2026-01-05T00:00:00Z", carrier="Post")
CASES: dict[str, tuple[dict[str, object], str]] = {
    "answer_facts": ({"asked": "boots", "rows": [(1, [("a", "Made of nylon.")])]}, "[1.a] Made of nylon."),
    "answer_rules": ({}, "[1]"),
    "ask_answered": ({"title": "Boot", "fact": "material: nylon."}, "material: nylon."),
    "ask_unknown": ({"title": "Boot", "fact": ""}, "Boot"),
    "bot_question": ({"first_name": ""}, "computer program"),
    "button_cart_add": ({"title": "Boot"}, "Boot"),
    "button_cart_remove": ({"title": "Boot"}, "Boot"),
    "button_drop_need": ({"title": "waterproof"}, "waterproof"),
    "button_more_like_this": ({"title": "Boot"}, "Boot"),
    "button_not_for_me": ({"title": "Boot"}, "Boot"),
    "cart_added": ({"titles": "2 × Boot", "many": True}, "2 × Boot"),
    "cart_choose": ({"names": "size", "choices": {"size": "8 or 9"}}, "8 or 9"),
    "cart_chosen": ({"title": "Boot", "options": "size 9"}, "size 9"),
    "cart_empty": ({}, "cart"),
    "cart_limit": ({"title": "Boot", "most": 3}, "3 of Boot"),
    "cart_remove_which": ({}, "Which line"),
    "cart_removed": ({"titles": "Boot", "left": 0, "many": False, "cart": FULL}, "Boot"),
    "cart_shown": ({"rows": [(2, "Boot", "$9")]}, "2 × Boot, $9 each"),
    "cart_sold_out": ({"titles": "Boot"}, "Boot"),
    "checkout": ({"count": 2}, "2 items"),
    "compare_what": ({}, "compare"),
    "compared": ({"titles": ["A", "B"], "rows": [("Price", ["$1", "$2"])]}, "Price: $1 / $2"),
    "compared_verdict": ({"verdict": "the first is cheaper"}, "the first is cheaper"),
    "contrast": ({"position": 2, "kind": "cheaper"}, "[2.price]"),
    "conversation_changed": ({}, "again"),
    "disliked": ({"titles": "Boot", "more": True}, "Boot"),
    "empty_message": ({}, "looking for"),
    "found": ({"count": 3, "need": "boots"}, "boots"),
    "found_like": ({"count": 3, "title": "Boot"}, "Boot"),
    "found_near": ({"count": 2, "query": "curtains"}, "curtains"),
    "found_no_cheaper": ({}, "price"),
    "found_none": ({"need": "boots"}, "boots"),
    "found_relaxed": ({"count": 3, "lost": "up to $50", "rest": True, "prices": "$52.00 to $60.00"}, "$52.00 to $60.00"),
    "found_unstated": ({"count": 2, "need": "boots", "unstated": "“soft”"}, "“soft”"),
    "goodbye": ({"first_name": "Ann"}, "Ann"),
    "greeting": ({"first_name": "Ann"}, "Ann"),
    "human_pending": ({"contact": "help@shop.example"}, "help@shop.example"),
    "like_none": ({"title": "Boot"}, "Boot"),
    "liked": ({"titles": "Boot", "more": False}, "Boot"),
    "order_guest": ({}, "sign in"),
    "order_none": ({}, "no orders"),
    "order_status": ({"rows": [(ORDER, "Boot")]}, "Order SW1 (Boot) is shipped, expected on 2026-01-05 with Post"),
    "order_unknown": ({"order_id": "SW9"}, "SW9"),
    "out_of_scope": ({}, "shop"),
    "pointed_out": ({"title": "Boot", "facts": "$9 and in stock"}, "$9 and in stock"),
    "policy_answer": ({"quote": "Five days.", "heading": "Speed", "topic": "shipping"}, "Five days."),
    "policy_unknown": ({"contact": "help@shop.example"}, "help@shop.example"),
    "product_gone": ({}, "not in the shop"),
    "recommended": ({"known": True, "need": "under $20"}, "under $20"),
    "return_guide": ({"quote": "Thirty days."}, "Thirty days."),
    "thanks": ({"first_name": "Ann"}, "Ann"),
    "unclear": ({}, "?"),
    "which_one": ({}, "W"),
    "why_first": ({"met": "waterproof", "rated": True}, "waterproof"),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_wording_says_what_it_must(name: str) -> None:
    values, part = CASES[name]
    for pick in range(prompts.wordings(name)):
        text = prompts.render(name, pick, **values)
        assert part in text
        assert "  " not in text.replace("\n", "")
        assert "{" not in text


def test_no_template_is_without_a_test() -> None:
    # The reader's prompts are tested beside the reader that uses them.
    assert set(prompts.names()) - {name for name in prompts.names() if name.startswith("understand")} == set(CASES)


def test_pick_goes_round_the_wordings() -> None:
    count = prompts.wordings("greeting")
    assert count > 1
    assert prompts.render("greeting", 0, first_name="") == prompts.render("greeting", count, first_name="")
    assert prompts.render("greeting", 0, first_name="") != prompts.render("greeting", 1, first_name="")


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        prompts.render("found", count=1)


def test_an_unknown_template_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        prompts.render("no_such_template")
