from assistant.policy_pages import cut
from assistant.policy_subjects import read_subjects


def texts(source: str) -> list[tuple[str, str]]:
    return [(passage.heading, passage.text) for passage in cut(source, "help")]


def test_headings_keep_the_ones_above_them() -> None:
    page = "# Help\n\n## Returns\n\nAll goods.\n\n### Electronics\n\nSealed only.\n\n## Post\n\nEvery day."
    assert texts(page) == [("Returns", "All goods."), ("Returns › Electronics", "Sealed only."), ("Post", "Every day.")]
    assert {passage.page for passage in cut(page, "help")} == {"Help"}


def test_plain_text_has_headings_in_capitals_or_underlined() -> None:
    assert texts("HELP\n\nOUR RETURNS\n\nThirty days.\n\nPost\n----\n\nEvery day.") == [
        ("Our returns", "Thirty days."),
        ("Post", "Every day."),
    ]
    assert texts("Terms\n\nRead them well.") == [("Terms", "Read them well.")]


def test_a_line_in_bold_is_a_heading() -> None:
    assert texts("## Returns\n\n**Shoes:**\n\nUnworn.") == [("Returns › Shoes", "Unworn.")]


def test_lists_and_tables_read_as_sentences() -> None:
    assert texts("## Bring\n\nYou need:\n\n- a *photo*\n- the [label](x)\n  and a pen") == [
        ("Bring", "You need: a photo; the label and a pen")
    ]
    assert texts("## Post\n\n| Way | Price | Days |\n| --- | --- | --- |\n| Letter | $2 | 3 |\n| Van | $9 | |") == [
        ("Post", "Letter: Price $2; Days 3. Van: Price $9.")
    ]
    assert texts("## Steps\n\n1. Pack it\n2. Post it") == [("Steps", "1. Pack it; 2. Post it")]


def test_what_tells_nothing_is_left_out() -> None:
    page = "---\ntitle: x\n---\n# Help\n\nLast updated: 3 May 2026\n\n---\n\n<!-- later -->\n\n## Post\n\nEvery day.<br>"
    assert texts(page) == [("Post", "Every day.")]


def test_a_long_section_is_cut_between_paragraphs() -> None:
    long = "Word " * 100
    found = texts(f"## Post\n\n{long}\n\n{long}\n\nAnd this:\n\n{long}")
    assert [heading for heading, _ in found] == ["Post"] * 3
    assert found[2][1].startswith("And this: Word") or found[1][1].endswith("Word")
    assert all(len(text) < 1_100 for _, text in found)


def test_subjects_are_well_formed() -> None:
    subjects = read_subjects()
    assert len({subject.name for subject in subjects}) == len(subjects) > 90
    questions = [question for subject in subjects for question in subject.questions]
    assert len(set(questions)) == len(questions)
    wrap = next(subject for subject in subjects if subject.name == "gift wrap")
    assert wrap.told.search("We wrap books in brown paper.") and not wrap.told.search("Gift cards never expire.")
