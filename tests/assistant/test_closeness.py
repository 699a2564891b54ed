from assistant.closeness import closeness

LINES = ("Taped seams keep heavy rain outside.", "material: nylon")


def test_runs_of_three_words_count() -> None:
    assert closeness("[A] has taped seams that keep heavy rain outside.", LINES) == 4 / 8
    assert closeness("Taped seams keep heavy rain outside [A].", LINES) == 1
    assert closeness("[A] is made of nylon.", LINES) == 0


def test_comparisons_of_price_and_rating_count_for_nothing() -> None:
    assert closeness("[A] keep heavy rain outside, rated highest.", LINES) == closeness(
        "[A] keep heavy rain outside.", LINES
    )


def test_no_words_are_close_to_nothing() -> None:
    assert closeness("[A].", LINES) == 0
