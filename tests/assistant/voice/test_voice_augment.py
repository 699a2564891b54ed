import random
from dataclasses import replace

from assistant.voice.augment import augmented, reordered
from assistant.voice.examples import faults
from tests.fakes_voice import an_example, some_examples


def test_letters_change_in_the_facts_and_in_the_answer_alike():
    swapped = reordered(an_example(), [0, 2, 1])
    assert [told.letter for told in swapped.told] == ["A", "B", "C"]
    assert swapped.told[1].labels == ("costs least",)
    assert swapped.told[2].facts == ("material: leather", "height: [C.height]")
    assert swapped.answer.startswith("[A] grips on wet rock")
    assert swapped.answer.endswith("[C] has a height of [C.height], and the lining dries fast, while [B] costs less.")
    assert reordered(swapped, [0, 2, 1]) == an_example()


def test_an_augmented_example_is_as_true_as_before_and_says_the_same():
    example = an_example()
    assert faults(example) == []
    made = [augmented(example, random.Random(seed)) for seed in range(60)]
    assert all(faults(one) == [] for one in made)
    assert len({(one.wish, one.told) for one in made}) > 5
    assert {one.answer for one in made} == {example.answer, reordered(example, [0, 2, 1]).answer}
    assert all(one.told[0].kind == "boots" and "material: nylon" in one.told[0].facts for one in made)
    assert any("weight: [A.weight]" not in one.told[0].facts for one in made)
    # The answer speaks of these, so they stay.
    assert all("costs least" in one.told[1].labels + one.told[2].labels for one in made)
    assert all(any("height" in fact for told in one.told for fact in told.facts) for one in made)


def test_what_was_ranked_first_stays_first_but_in_comparisons():
    found = [augmented(an_example(), random.Random(seed)) for seed in range(40)]
    assert all(one.told[0].text == "It grips on wet rock." for one in found)
    compared = [augmented(an_example(task="compare"), random.Random(seed)) for seed in range(40)]
    assert any(one.told[0].text != "It grips on wet rock." for one in compared)


def test_an_answer_that_counts_its_products_keeps_their_order():
    counted = replace(an_example(), answer="[A] grips on wet rock. The last, [C], costs less.")
    assert all(augmented(counted, random.Random(seed)).answer == counted.answer for seed in range(40))


def test_the_same_seed_makes_the_same_examples():
    def made(seed: int) -> list:
        rng = random.Random(seed)
        return [augmented(example, rng) for example in some_examples()]

    assert made(3) == made(3)
    assert made(3) != made(4)
