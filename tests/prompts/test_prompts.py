"""Every template is rendered here with values of its own, and what must be in the text is looked for."""

import pytest
from jinja2 import UndefinedError

import prompts
from assistant.handoff.summary import Brief
from assistant.orders import Order, Return

ORDER = Order("SW1", "s", "shipped", "2026-01-01", (), expected_at="2026-01-05T00:00:00Z", carrier="Post", tracking="P1")
RETURN = Return("R-1", "SW1", "return", (), "ABC123", "2026-01-09")
IN_QUESTION: dict[str, object] = {
    "order": ORDER,
    "items": "Boot",
    "days": -3,
    "is_late": False,
    "delivered": "",
    "expected": "May 9",
    "verdict": None,
    "until": "",
    "number": "",
}
HANDOVER: dict[str, object] = {
    "is_open": True,
    "hours": "We open at 9.",
    "nobody": False,
    "before": 2,
    "contact": "help@shop.example",
    "meanwhile": True,
}
CASES: dict[str, tuple[dict[str, object], str]] = {
    "answer_facts": ({"task": "find", "wish": "boots", "lines": ["[A] boots."]}, "Wish: boots\n[A] boots.\nAnswer:"),
    "answer_rules": ({}, "[A.price]"),
    "ask_attribute": (
        {"verdict": "yes", "listed": False, "fact": "material", "facts": "materials", "title": "Boot", "value": "nylon"}
        | {"values": "nylon", "is_boolean": False},
        "material: nylon",
    ),
    "ask_option": ({"title": "Boot", "option": "size", "value": "9", "for_sale": ("9",), "every": "9"}, "size 9"),
    "ask_overview": ({"title": "Boot", "quote": "It grips.", "facts": ["material: nylon"]}, "• material: nylon"),
    "ask_price": ({"title": "Boot", "price": "$9", "was": "$12"}, "$9"),
    "ask_rating": ({"title": "Boot", "rating": "4 of 5", "praise": "It grips.", "criticism": ""}, "opinions"),
    "ask_review": ({"title": "Boot", "value": "It grips."}, "“It grips.”"),
    "ask_sentence": ({"title": "Boot", "value": "It grips.", "verdict": ""}, "“It grips.”"),
    "ask_stock": ({"title": "Boot", "stock": "in stock"}, "in stock"),
    "ask_title": ({"verdict": "yes", "value": "Boot"}, "“Boot”"),
    "ask_unknown": ({"title": "Boot", "fact": ""}, "Boot"),
    "bot_question": ({"first_name": ""}, "computer program"),
    "button_cart_add": ({"title": "Boot"}, "Boot"),
    "button_cart_remove": ({"title": "Boot"}, "Boot"),
    "button_drop_need": ({"title": "waterproof"}, "waterproof"),
    "button_more_like_this": ({"title": "Boot"}, "Boot"),
    "button_not_for_me": ({"title": "Boot"}, "Boot"),
    "abilities": ({}, "compare"),
    "cart_added": ({"titles": "2 × Boot", "many": True, "count": 3}, "3 items"),
    "cart_beyond": ({"count": 2}, "only 2"),
    "cart_choose": ({"names": "size", "choices": {"size": "8 or 9"}}, "8 or 9"),
    "cart_chosen": ({"title": "Boot", "options": "size 9"}, "size 9"),
    "cart_empty": ({}, "cart"),
    "cart_gone": ({"count": 2}, "2 lines"),
    "cart_limit": ({"title": "Boot", "most": 3}, "3 of Boot"),
    "cart_remove_which": ({}, "Which line"),
    "cart_removed": ({"gone": "Boot", "many": False, "left": "2 × Tent", "count": 2}, "2 × Tent"),
    "cart_set": ({"title": "Boot", "count": 3}, "3 × Boot"),
    "cart_shown": ({"rows": [(2, "Boot", "$9")], "count": 2}, "2 × Boot, $9 each"),
    "cart_sold_out": ({"titles": "Boot"}, "Boot"),
    "checkout": ({"count": 2}, "2 items"),
    "compare_what": ({}, "compare"),
    "compliment": ({}, "."),
    "compared": ({"answer": "", "names": ["A", "B"], "rows": [("Price", [(1, "$1"), (2, "$2")])]}, "Price: (1) $1, (2) $2"),
    "compared_answer": (
        {
            "leader": "Boot",
            "fact": "weight",
            "word": "lighter",
            "value": "1 kg",
            "others": "2 kg",
            "level": "",
            "silent": "",
        },
        "Boot is lighter: 1 kg against 2 kg.",
    ),
    "compared_listed": ({"value": "waterproof", "names": "Boot", "many": False}, "“waterproof” of Boot"),
    "compared_verdict": ({"mark": "A", "merits": ["price"], "listed": "“warm”"}, "[A.price]"),
    "contrast": ({"letter": "B", "kind": "cheaper", "traits": "warm"}, "[B.price]"),
    "counted": ({"count": 4, "kind": "tents", "prices": "at $20", "kinds": ""}, "4 tents, at $20"),
    "brands": ({"count": 9, "kind": "tents", "brands": 1, "rows": [("Fell", 9)]}, "one brand: Fell (9)"),
    "departments": ({"count": 9, "rows": [("Shoes", 9)], "more": False}, "Shoes (9)"),
    "conversation_changed": ({}, "again"),
    "turn_failed": ({}, "again"),
    "disliked": ({"titles": "Boot", "more": True}, "Boot"),
    "empty_message": ({}, "looking for"),
    "found": ({"count": 3, "total": 9, "kind": "boots", "need": "boots", "prices": "at $20"}, "boots"),
    "found_like": ({"count": 3, "title": "Boot"}, "Boot"),
    "found_near": ({"count": 2, "query": "curtains", "kinds": "rugs"}, "rugs"),
    "found_no_cheaper": ({}, "price"),
    "found_none": ({"need": "boots", "loosened": "Without the brand there are 3."}, "there are 3"),
    "found_over": (
        {"need": "boots", "nearest": "$52.00", "count": 2, "prices": "from $52.00 to $60.00"},
        "$52.00 to $60.00",
    ),
    "gone_back": ({"need": "boots"}, "boots"),
    "heeded": ({"preferences": "you are vegan"}, "you are vegan"),
    "in_order": (
        {"sort": "rating", "count": 3, "kind": "tents", "tied": 1, "rated": True, "dated": True},
        "best rated of the 3 tents is [A], at [A.rating]",
    ),
    "loosened": ({"what": "the brand", "count": 3}, "Without the brand there are 3"),
    "more_found": ({"count": 3, "kind": "tents", "prices": "at $20"}, "3 more of the tents"),
    "more_none": ({"need": "boots"}, "boots"),
    "next_in_order": ({"sort": "rating", "letter": "B", "rated": True}, "[B.rating]"),
    "notice_accepted": ({"agent": "Mia"}, "Mia from the shop has joined"),
    "person_elsewhere": ({"contact": "help@shop.example"}, "help@shop.example"),
    "notice_released": ({"agent": "Mia"}, "Mia"),
    "notice_resolved": ({"agent": "Mia"}, "settled"),
    "notice_silent": ({"agent": "Mia"}, "queue"),
    "notice_transferred": ({"agent": "Mia"}, "colleague"),
    "notice_unreachable": ({"contact": "help@shop.example"}, "help@shop.example"),
    "notice_withdrawn": ({}, "no longer waiting"),
    "on_sale": ({"count": 2, "of": 9, "kind": "tents"}, "2 of the 9 tents"),
    "price_range": ({"count": 9, "kind": "tents", "prices": "at $20"}, "priced at $20"),
    "question_attribute": (
        {"topic": "size", "kind": "tents", "values": "small or large", "is_choice": True, "is_many": False},
        "small or large?",
    ),
    "question_price": ({}, "?"),
    "sale_none": ({"count": 9, "kind": "tents"}, "None of the 9 tents"),
    "screen_extreme": (
        {"sort": "price_asc", "count": 3, "place": 2, "first": "B", "second": "C", "tied": ""},
        "[B], is the cheapest of the 3 here, at [B.price]",
    ),
    "sold_here": ({"count": 9, "kind": "tents", "prices": "at $20", "kinds": ""}, "9 tents, at $20"),
    "values": ({"count": 9, "kind": "tents", "values": ["red", "blue"], "more": 0, "topic": "color"}, "red, blue"),
    "found_relaxed": ({"count": 3, "lost": "up to $50", "rest": True, "prices": "$52.00 to $60.00"}, "$52.00 to $60.00"),
    "found_unstated": ({"count": 2, "need": "boots", "unstated": "“soft”"}, "“soft”"),
    "goodbye": ({"first_name": "Ann"}, "Ann"),
    "greeting": ({"first_name": "Ann"}, "Ann"),
    "handover_still_waiting": (HANDOVER | {"before": 0}, "You are next"),
    "handover_waiting": (HANDOVER | {"reason": "complaint", "regret": True, "is_open": False}, "We open at 9."),
    "handover_summary": (
        {"brief": Brief("Decide: a refund?", "Refund", "Has a complaint.", "angry", asked="Money!", tried=("boots",))},
        "Decide: a refund?\nRefund · Has a complaint. Sounds angry.\nLast words: “Money!”",
    ),
    "handover_summary_decide": (IN_QUESTION | {"about": "order_problem", "wish": None, "cart": ""}, "Boot (order SW1) is"),
    "handover_summary_facts": ({"lines": ["Has a complaint."]}, "- Has a complaint.\n"),
    "handover_summary_headline": ({"about": "no_result", "need": "boots", "wish": None, "order": ""}, "Wants boots"),
    "handover_summary_order": (IN_QUESTION, "Order SW1 (Boot): shipped with Post, expected May 9"),
    "handover_summary_reason": ({"reason": "safety", "by": "bot"}, "danger"),
    "handover_summary_rules": ({}, "[A]"),
    "handover_summary_tried": ({"asked": "boots", "trouble": "no_result"}, "“boots” – nothing found"),
    "like_none": ({"title": "Boot"}, "Boot"),
    "liked": ({"titles": "Boot", "more": False}, "Boot"),
    "errand_done": ({"kind": "cancel"}, "cancellation"),
    "errand_person": ({}, "person"),
    "errand_stopped": ({"kind": "return"}, "Anything else?"),
    "opening_hours": ({"is_open": False, "day": "tomorrow", "time": "9:00"}, "we are back tomorrow at 9:00"),
    "order_address": ({}, "person"),
    "order_cancel_confirm": ({"order_id": "SW1", "items": "Boot", "total": "$9"}, "Boot, $9 in total. Shall I cancel it?"),
    "order_cancel_late": ({"order_id": "SW1", "status": "packed", "returns": True}, "packed. Once it has arrived"),
    "order_cancel_part": ({"order_id": "SW1", "items": "Boot", "total": "$9"}, "only the whole of order SW1"),
    "order_cancelled": ({"again": False, "order_id": "SW1", "items": "Boot", "total": "$9"}, "is cancelled (Boot, $9)"),
    "order_change": ({}, "cancel"),
    "order_guest": ({}, "sign in"),
    "order_line_gone": ({}, "item"),
    "order_list": (
        {"rows": [(ORDER, "Boot", "$9")], "days": {"SW1": "May 3"}, "more": False, "kind": "status"},
        "Order SW1 of May 3 (Boot, $9) has been shipped.",
    ),
    "order_locked": ({"contact": "help@shop.example"}, "help@shop.example"),
    "order_missing": ({}, "sorry"),
    "order_none": ({}, "no orders"),
    "order_number": ({}, "postcode"),
    "order_number_where": ({}, "e-mail"),
    "order_postcode": ({"again": False}, "Which postcode"),
    "order_refused": ({}, "number and postcode together"),
    "order_status": (
        {"order": ORDER, "items": "Boot", "total": "$9", "expected": "May 9", "delivered": ""}
        | {"late": True, "returns": (RETURN,)},
        "(Boot, $9) has been shipped with Post. Its tracking number is P1. It was expected on May 9, so it is late.",
    ),
    "order_which": (
        {"rows": [(ORDER, "Boot", "$9")], "days": {"SW1": "May 3"}, "more": True, "kind": "cancel"},
        "Order SW1 of May 3 (Boot, $9).",
    ),
    "how_are_you": ({}, "What"),
    "insult": ({}, "sorry"),
    "joke": ({}, "?"),
    "limit_brand": ({"contact": ""}, " I "),
    "limit_orders": ({"contact": ""}, "the shop has"),
    "limit_others": ({"contact": ""}, "yours"),
    "limit_price": ({"contact": ""}, "card"),
    "limit_self_harm": ({"contact": ""}, "local emergency number"),
    "limit_unsafe": ({"contact": ""}, "local emergency number"),
    "next_step": ({"shown": 0, "count": 2}, "2 items"),
    "out_of_scope": ({"adviser": "a lawyer", "politics": False}, "a lawyer"),
    "pointed_out": ({"title": "Boot", "facts": "$9 and in stock"}, "$9 and in stock"),
    "policy_answer": ({"quote": "Five days.", "heading": "Speed", "page": "Shipping"}, "Five days."),
    "policy_unknown": ({"contact": "help@shop.example"}, "help@shop.example"),
    "product_gone": ({}, "not in the shop"),
    "recommended": (
        {"known": True, "need": "under $20", "title": "Mug", "reason": "because you often choose red"},
        "because you often choose red",
    ),
    "relayed": ({"agent": "Mia"}, "with Mia from the shop"),
    "remember_forgot": ({"said": "that you are vegan"}, "that you are vegan"),
    "remember_forgot_all": ({"said": "that you are vegan", "more": True, "contact": "a@b.c", "cart": True}, "a@b.c"),
    "remember_idle": ({"phrases": "“vegan”"}, "“vegan”"),
    "remember_known": ({"said": "that you are vegan", "need": "boots", "first_name": "Ann", "history": True}, "Ann"),
    "remember_next": ({}, "?"),
    "remember_noted": ({"said": "you are vegan"}, "you are vegan"),
    "remember_unknown": ({}, "kept"),
    "return_confirm": (
        {"kind": "exchange", "order_id": "SW1", "items": "Boot", "many": False, "total": "$9", "wanted": "size 9"}
        | {"unused": True, "until": "May 9", "faulty": "faulty"},
        "From order SW1 you would exchange Boot, $9, for size 9. That is possible until May 9. It has to be unopened",
    ),
    "return_dispute": ({}, "person"),
    "return_failed": ({"order_id": "SW1"}, "Nothing has been changed"),
    "return_guide": ({"quote": "Thirty days."}, "Thirty days."),
    "return_items": ({"kind": "return", "order_id": "SW1", "rows": ["Boot", "2 × Mug"]}, "1. Boot\n2. 2 × Mug"),
    "return_no_option": ({"title": "Boot"}, "send it back"),
    "return_option": ({"title": "Boot", "offers": "size 8 or size 9", "more": False}, "size 8 or size 9"),
    "return_refund": (
        {"order_id": "SW1", "status": "returned", "total": "$9", "returns": (), "days": 5},
        "not booked yet. It takes up to 5 business days from the parcel's arrival. A person",
    ),
    "return_refused": (
        {"refusal": "too_late", "items": "Boot", "order_id": "SW1", "status": "delivered", "days": 30, "until": "May 9"}
        | {"expected": "", "many": False},
        "the 30 days from delivery ended on May 9.",
    ),
    "return_same_again": ({}, "same"),
    "return_started": (
        {"again": False, "kind": "return", "order_id": "SW1", "items": "Boot", "wanted": "", "code": "ABC123", "total": "$9"}
        | {"instructions": "", "drop_off_days": 7, "refund_days": 5},
        "code is ABC123. Please drop the parcel off within 7 days of getting the label. The refund of $9 follows",
    ),
    "suggest_hello": ({"first_name": "Ann", "agent": "Mia", "read": True}, "Hi Ann, this is Mia."),
    "suggest_listen": (IN_QUESTION | {"has_asked": True, "about": "failure"}, "look into it"),
    "suggest_order": (IN_QUESTION | {"wish": None}, "on its way with Post, expected on May 9"),
    "suggest_payment": (IN_QUESTION, "payment of order SW1"),
    "suggest_policy": ({"page": "Speed", "quote": "Five days."}, "“Five days.”"),
    "suggest_products": ({"count": 1, "names": "Boot", "fits": True, "need": "boots"}, "This fits what you"),
    "suggest_return": (IN_QUESTION | {"wish": None}, "SW1 (Boot) is shipped and not delivered yet"),
    "suggest_safety": ({}, "local emergency number"),
    "suggest_sorry": (
        {"reason": "failure", "about": "failure", "fault": "", "is_late": False, "sentiment": "neutral"},
        "sorry",
    ),
    "suggest_welcome": ({"first_name": "Ann"}, "welcome, Ann"),
    "suggest_which_order": ({"known": "SW1 or SW2", "number": "", "has_tried": False}, "SW1 or SW2"),
    "suggest_why": (IN_QUESTION | {"source": "order"}, "From order SW1."),
    "taken_back": ({}, "."),
    "taken_back_cart": ({"empty": True}, "empty"),
    "taken_back_nothing": ({}, "nothing"),
    "thanks": ({"first_name": "Ann"}, "Ann"),
    "unclear": ({}, "?"),
    "which_one": ({}, "W"),
    "why_first": ({"met": "waterproof", "traits": "warm", "rated": True, "quote": "It is dry."}, "It is dry."),
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
