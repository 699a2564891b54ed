"""The command line: what it prints, and one clear line with a non-zero exit for whatever is wrong.

Commands that load the embedding model run as processes of their own, as few as will do; the others run in this one.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import app
from ranking.events import EventStore
from ranking.recommend import MODELS
from ranking.serving import CurrentRanker
from ranking.train import train
from retrieval.catalog import Catalog
from tests.fakes import ingest
from tests.fakes import small_shop as small_assistant
from tests.fakes_ranking import make_event, make_product, shopper_who
from tests.fakes_ranking import small_shop as made_up_shop

ROOT = Path(app.__file__).parent
COMMANDS = sorted(
    command.name or command.callback.__name__.replace("_", "-") for command in app.command_line.registered_commands
)


@dataclass
class Ended:
    """What a command printed and how it ended."""

    exit_code: int
    output: str
    errors: list[str]


class Shop:
    """Runs commands on a shop home of their own."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._environment = monkeypatch
        self._captured = capsys
        self.set("HOME", str(home))
        self.set("CHAT_ENGINE", "none")

    def set(self, name: str, value: str) -> None:
        self._environment.setenv(f"SHELFWISE_{name}", value)

    def run(self, *arguments: object) -> Ended:
        """Runs a command in this process."""
        with pytest.raises(SystemExit) as ended:
            app.main([str(argument) for argument in arguments])
        output, errors = self._captured.readouterr()
        return Ended(ended.value.code, output, problems(errors))

    def run_process(self, *arguments: object) -> Ended:
        """Runs a command as its users do."""
        command = [sys.executable, str(ROOT / "app.py"), *map(str, arguments)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=self.home.parent, env=os.environ)
        return Ended(ended.returncode, ended.stdout, problems(ended.stderr))


def problems(errors: str) -> list[str]:
    assert "Traceback" not in errors, errors
    return [line for line in errors.splitlines() if line.startswith("error: ")]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shop:
    return Shop(tmp_path / "home", monkeypatch, capsys)


def write_rows(path: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


# ---- help --------------------------------------------------------------------------------------------------------------


def test_the_commands_are_those_of_the_interface() -> None:
    promised = (
        "demo serve ingest ingest-events understand search train models rollback fairness recommend converse bench doctor"
    ).split()
    assert set(promised) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(app.command_line, [command, "--help"], env={"COLUMNS": "160"})
    assert shown.exit_code == 0
    assert "Example:" in shown.output and f"app.py {command}" in shown.output


def test_every_model_can_be_asked_for_by_the_name_that_help_tells() -> None:
    shown = CliRunner().invoke(app.command_line, ["recommend", "--help"], env={"COLUMNS": "400"}).output
    assert [name for name in MODELS if name not in shown] == []


def test_an_unknown_command_is_refused(shop: Shop) -> None:
    assert shop.run("ingets").exit_code == 2


# ---- catalogues --------------------------------------------------------------------------------------------------------

GOOD = {"id": "good-1", "title": "Kettle", "price": 39.9, "options": {"size": ["1 l"]}}
BROKEN: list[tuple[object, str, str, str]] = [
    ({"title": "No id", "price": 1}, "id", "None", "is missing"),
    ({"id": "b2", "price": 1}, "title", "None", "is missing"),
    ({"id": "b3", "title": "  ", "price": 1}, "title", "'  '", "is empty"),
    ({"id": "b4", "title": "T", "price": "12,50"}, "price", "'12,50'", "is not a number >= 0"),
    ({"id": "b5", "title": "T", "price": -1}, "price", "-1", "is not a number >= 0"),
    ({"id": "b6", "title": "T", "price": 1, "availability": "maybe"}, "availability", "'maybe'", "is not one of in_stock"),
    ({"id": "b7", "title": "T", "price": 1, "currency": "dollars"}, "currency", "'dollars'", "is not an ISO 4217 code"),
    ({"id": "b8", "title": "T", "price": 1, "rating": 7}, "rating", "7", "is not a number from 0 to 5"),
    ({"id": "b9", "title": "T", "price": 1, "stock": 1.5}, "stock", "1.5", "is not a whole number >= 0"),
    ({"id": "b10", "title": "T", "price": 1, "created_at": "May 4"}, "created_at", "'May 4'", "is not a time such as"),
    ('{"id": "b11", "title": "T", "pri', "line", '\'{"id": "b11"', "is not JSON"),
    ({"id": "good-1", "title": "Again", "price": 1}, "id", "'good-1'", "is the id of an earlier row"),
]


def test_a_catalogue_loses_exactly_its_broken_rows(shop: Shop, tmp_path: Path) -> None:
    rows: list[object] = [GOOD]
    for number, (row, *_) in enumerate(BROKEN):
        rows += [row, {"id": f"fine-{number}", "title": f"Fine {number}", "price": number}]
    feed = write_rows(tmp_path / "products.jsonl", *rows)
    ended = shop.run_process("ingest", feed, "--json")
    assert (ended.exit_code, ended.errors) == (0, [])
    report = json.loads(ended.output)
    assert (report["added"], report["rejected"], report["failure"]) == (13, 12, None)
    for place, (reason, (_, field, value, why)) in enumerate(zip(report["reasons"], BROKEN, strict=True)):
        assert reason.startswith(f"line {2 + 2 * place}: {field}: {value}"), reason
        assert why in reason


def test_the_reasons_are_printed_as_text_too(shop: Shop, tmp_path: Path) -> None:
    feed = write_rows(tmp_path / "products.jsonl", *[row for row, *_ in BROKEN[:11]])
    ended = shop.run("ingest", feed)
    assert ended.exit_code == 0
    first, *reasons = ended.output.splitlines()
    assert first == f"{feed}: 0 added, 0 changed, 0 unchanged, 0 retired, 11 rejected"
    assert len(reasons) == 11
    assert reasons[3].strip() == "line 4: price: '12,50' is not a number >= 0"


def test_a_long_list_of_reasons_is_cut_short(shop: Shop, tmp_path: Path) -> None:
    feed = write_rows(tmp_path / "products.jsonl", *[{"id": f"b{n}"} for n in range(30)])
    lines = shop.run("ingest", feed).output.splitlines()
    assert len(lines) == 22 and "10 more" in lines[-1]


def test_events_are_taken_in_and_the_bad_ones_told(shop: Shop, tmp_path: Path) -> None:
    event = {"event_id": "e1", "time": "2026-01-02T03:04:05Z", "shopper_id": "s", "type": "click", "product_id": "p"}
    feed = write_rows(tmp_path / "events.jsonl", event, event, event | {"event_id": "e2", "type": "glance"})
    ended = shop.run("ingest-events", feed, "--json")
    report = json.loads(ended.output)
    assert (report["added"], report["repeated"], report["rejected"]) == (1, 1, 1)
    assert "line 3" in report["reasons"][0] and "glance" in report["reasons"][0]


def test_reviews_are_taken_in_and_the_bad_ones_told(shop: Shop, tmp_path: Path) -> None:
    review = {"review_id": "r1", "product_id": "p", "text": "It works."}
    feed = write_rows(tmp_path / "reviews.jsonl", review, review, review | {"review_id": "r2", "rating": 11})
    report = json.loads(shop.run("ingest-reviews", feed, "--json").output)
    assert (report["added"], report["unchanged"], report["rejected"]) == (1, 1, 1)
    assert "line 3" in report["reasons"][0] and "rating" in report["reasons"][0]


# ---- what goes wrong ---------------------------------------------------------------------------------------------------


def test_a_missing_file(shop: Shop, tmp_path: Path) -> None:
    for arguments in (
        ("ingest", tmp_path / "none.jsonl"),
        ("ingest-events", tmp_path / "none.jsonl"),
        ("converse", "--in", tmp_path / "none.jsonl", "--out", tmp_path / "out", "--no-llm"),
        ("understand", "--in", tmp_path / "none.jsonl", "--out", tmp_path / "out"),
        ("recommend", "--sequences", tmp_path / "none.jsonl", "--out", tmp_path / "out"),
    ):
        ended = shop.run(*arguments)
        assert ended.exit_code == 1
        (line,) = ended.errors
        assert str(tmp_path / "none.jsonl") in line and "no such file" in line.lower()


def test_a_truncated_gzip(shop: Shop, tmp_path: Path) -> None:
    whole = gzip.compress(b"\n".join(json.dumps(GOOD | {"id": str(n)}).encode() for n in range(50)))
    feed = tmp_path / "products.jsonl.gz"
    feed.write_bytes(whole[:40])
    ended = shop.run("ingest", feed)
    assert ended.exit_code == 1
    assert ended.errors == [f"error: {feed}: the gzip file is cut off before its end; fetch it again"]
    assert json.loads(shop.run("ingest", feed, "--json").output)["failure"]


@pytest.mark.parametrize("command", ["ingest", "ingest-events", "train", "serve", "demo"])
def test_a_home_that_cannot_be_written(shop: Shop, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    shop.set("HOME", str(tmp_path / "file" / "inside"))
    feed = [write_rows(tmp_path / "rows.jsonl", GOOD)] if command.startswith("ingest") else []
    port = ["--port", free_port()] if command in ("serve", "demo") else []
    ended = shop.run(command, *feed, *port)
    assert ended.exit_code == 1
    assert ended.errors == [f"error: {tmp_path / 'file' / 'inside'}: Not a directory"]


def test_an_output_that_cannot_be_written(shop: Shop, tmp_path: Path) -> None:
    dialogues = write_rows(tmp_path / "d.jsonl", {"id": "d", "turns": [{"user": "hi", "shown": []}]})
    (tmp_path / "file").touch()
    ended = shop.run("understand", "--in", dialogues, "--out", tmp_path / "file" / "out")
    assert (ended.exit_code, ended.errors) == (1, [f"error: {tmp_path / 'file' / 'out'}: Not a directory"])


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_a_taken_port(shop: Shop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = shop.run("serve", "--port", port)
    assert ended.exit_code == 1
    (line,) = ended.errors
    assert f"port {port}" in line and "in use" in line


def test_a_missing_model(shop: Shop, tmp_path: Path) -> None:
    shop.set("EMBEDDING_MODEL", "/nonexistent")
    ended = shop.run("ingest", write_rows(tmp_path / "rows.jsonl", GOOD))
    assert ended.exit_code == 1
    (line,) = ended.errors
    assert "/nonexistent is no folder of an embedding model" in line


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "high"), ("CHAT_ENGINE", "gpt"), ("CARDS", "0"), ("LOCALE", "english"), ("PROT", "80")]
)
def test_a_wrong_setting(shop: Shop, name: str, value: str) -> None:
    shop.set(name, value)
    ended = shop.run("train")
    assert ended.exit_code == 1
    (line,) = ended.errors
    assert f"SHELFWISE_{name}" in line and value in line


@pytest.mark.parametrize("url", ["nonsense", "nodatabase://x:secret@host/shop", "sqlite:////dev/null/shop.db"])
def test_a_wrong_database(shop: Shop, url: str) -> None:
    shop.set("DATABASE_URL", url)
    ended = shop.run("train")
    assert ended.exit_code == 1
    (line,) = ended.errors
    assert "secret" not in line


def test_a_broken_database(shop: Shop) -> None:
    shop.home.mkdir()
    (shop.home / "shop.db").write_bytes(b"this is no database, only text that is long enough to be read as one" * 20)
    ended = shop.run("train")
    assert ended.exit_code == 1
    (line,) = ended.errors
    assert "not a database" in line and "sqlalche.me" not in line


@pytest.mark.parametrize(
    ("command", "row", "told"),
    [
        ("converse", {"conversation_id": "c", "turns": "hi"}, "turns is 'hi', expected a list of texts"),
        ("understand", {"id": "d", "turns": ["hi"]}, "turn 0 is 'hi', expected user and shown"),
    ],
)
def test_a_bad_row_of_a_script_is_named(shop: Shop, tmp_path: Path, command: str, row: object, told: str) -> None:
    path = write_rows(tmp_path / "in.jsonl", row)
    ended = shop.run(command, "--in", path, "--out", tmp_path / "out.jsonl")
    assert ended.exit_code == 1
    (line,) = ended.errors
    assert line == f"error: line 1: {told}"


def test_a_wrong_choice(shop: Shop, tmp_path: Path) -> None:
    sequences = write_rows(tmp_path / "s.txt", "1 1 2 3", "2 2 3 1")
    for option, value in (("--model", "magic"), ("--for", "fun")):
        ended = shop.run("recommend", "--sequences", sequences, "--out", tmp_path / "o.jsonl", option, value)
        assert ended.exit_code == 1
        (line,) = ended.errors
        assert option in line and value in line and "expected" in line
    assert shop.run("recommend", "--sequences", sequences, "--out", tmp_path / "o.jsonl").exit_code == 0
    assert [json.loads(row)["user"] for row in (tmp_path / "o.jsonl").read_text().splitlines()] == [1, 2]


def test_training_on_nothing_says_what_is_missing(shop: Shop) -> None:
    ended = shop.run("train")
    assert (ended.exit_code, ended.errors) == (1, ["error: The catalogue is empty; ingest products before training."])


# ---- models ------------------------------------------------------------------------------------------------------------


def small_shop(shop: Shop, seed: int = 1) -> None:
    """A catalogue and events in the shop's database, without an index: all that training needs."""
    engine = app.open_engine(app.load_settings())
    products, events = made_up_shop(seed)
    ingest(Catalog(engine), products)
    EventStore(engine).add(events)


def test_train_lists_and_rolls_back(shop: Shop) -> None:
    small_shop(shop)
    metrics = json.loads(shop.run("train", "--json").output)
    assert metrics["model"] == "item_graph" and metrics["held_out"] == 120
    assert shop.run("train").exit_code == 0
    sets = json.loads(shop.run("models", "--json").output)
    assert [(one["name"], one["is_current"]) for one in sets] == [("models-00001", False), ("models-00002", True)]
    assert sets[0]["metrics"]["item_graph_ndcg@10"] == metrics["item_graph_ndcg@10"]
    assert json.loads(shop.run("rollback", "--json").output) == {"was": "models-00002", "current": "models-00001"}
    told = shop.run("models").output.splitlines()
    assert [line.split()[0] for line in told[1:]] == ["✓", "models-00002"]
    ended = shop.run("rollback")
    assert ended.exit_code == 1
    assert ended.errors == ["error: There is no set of models to go back to; there are: models-00001, models-00002."]
    assert shop.run("rollback", "--to", "models-00002").exit_code == 0
    assert "models-00009" in shop.run("rollback", "--to", "models-00009").errors[0]


def test_models_that_have_become_worse_are_refused(shop: Shop) -> None:
    small_shop(shop)
    assert shop.run("train").exit_code == 0
    engine = app.open_engine(app.load_settings())
    with engine.begin() as connection:  # what everybody did to some product is now said of another one
        connection.exec_driver_sql("UPDATE events SET product_id = 'ridgeline-tents-' || (sequence * 7919 % 6)")
    ended = shop.run("train")
    assert ended.exit_code == 1
    (line,) = ended.errors
    assert "coverage@10 was" in line and "refused-00002" in line and "--force" in line
    sets = {one["name"]: one["is_current"] for one in json.loads(shop.run("models", "--json").output)}
    assert sets == {"models-00001": True, "refused-00002": False}
    assert shop.run("train", "--force").exit_code == 0
    assert json.loads(shop.run("models", "--json").output)[-1]["is_current"]


def test_models_are_trained_privately_and_listed_as_such(shop: Shop) -> None:
    pytest.importorskip("opacus")
    small_shop(shop)
    shop.set("EPSILON", "1")
    metrics = json.loads(shop.run("train", "--epsilon", "8", "--json").output)
    assert 7.9 < metrics["epsilon"] <= 8 and metrics["figures"].startswith("not measured")
    assert "interests" not in metrics and not any("@" in name for name in metrics)
    (line,) = [line for line in shop.run("models").output.splitlines() if "models-00001" in line]
    assert "ε = 8" in line and line.split()[-1] == "–"


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf"])
def test_a_privacy_budget_that_is_none(shop: Shop, value: str) -> None:
    small_shop(shop)
    ended = shop.run("train", "--epsilon", value)
    assert ended.exit_code == 1
    assert ended.errors[0].startswith(f"error: --epsilon is {float(value)}; ")


def test_the_fairness_report_is_printed_and_written(shop: Shop, tmp_path: Path) -> None:
    small_shop(shop)
    assert "`app.py train` makes some" in shop.run("fairness").errors[0]
    shop.run("train")
    out = tmp_path / "fairness.json"
    ended = shop.run("fairness", "--exposure", "0.8", "--out", out)
    assert ended.exit_code == 0 and "Long tail" in ended.output and "NDCG kept under control" in ended.output
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["strength"] == 0.8 and written["exposure"]["shoppers"] == 120
    assert json.loads(shop.run("fairness", "--json").output)["strength"] == app.load_settings().exposure
    assert shop.run("fairness", "--exposure", "2").errors[0].startswith("error: --exposure is 2.0; ")
    assert str(tmp_path / "no") in shop.run("fairness", "--out", tmp_path / "no" / "such.json").errors[0]


def test_a_running_shop_takes_in_new_models_and_products(shop: Shop, tmp_path: Path) -> None:
    served, folder = small_assistant(tmp_path), tmp_path / "models"
    catalog, searcher = served.services.catalog, served.services.searcher
    ranker = CurrentRanker(folder, lambda: searcher.products, catalog.get_many)
    served = replace(served, services=replace(served.services, current_ranker=ranker))
    first = served.services.ranker
    train([make_event("tent-1", shopper=f"s{n}") for n in range(3)], catalog.all(), folder)
    app.take_in_news(served)
    trained = served.services.ranker
    assert trained is not first and trained.popularity.levels == {"tent-1": 1.0}
    ingest(catalog, [make_product("tent-2", title="Trail Tent for Three", brand="Norrland")])
    app.take_in_news(served)
    assert "tent-2" in served.services.ranker.candidates(shopper_who(("like", "tent-1")), 10)
    train([make_event("tent-1")], catalog.all(), folder)
    (folder / "models-00002" / "shelf.json").unlink()
    known = served.services.ranker
    app.take_in_news(served)
    assert served.services.ranker is known


# ---- doctor ------------------------------------------------------------------------------------------------------------


def test_doctor_finds_what_is_wrong_and_says_what_to_do(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shop.set("HOME", str(tmp_path / "file" / "inside"))
    ended = shop.run("doctor", "--json")
    assert ended.exit_code == 1
    wrong = [finding for finding in json.loads(ended.output) if finding["verdict"] == "wrong"]
    assert [finding["what"] for finding in wrong] == ["home"] and "SHELFWISE_HOME" in wrong[0]["advice"]


def test_doctor_tells_of_wrong_settings_and_models(shop: Shop) -> None:
    shop.set("EMBEDDING_MODEL", "/nonexistent")
    ended = shop.run("doctor")
    assert ended.exit_code == 1
    assert "✗ embeddings and index: /nonexistent is no folder" in ended.output
    assert "✓ language model: none" in ended.output
    shop.set("PORT", "high")
    ended = shop.run("doctor")
    assert ended.exit_code == 1
    assert "✗ settings: SHELFWISE_PORT is 'high'" in ended.output and "→" in ended.output


def test_doctor_finds_a_sound_empty_shop_healthy(shop: Shop) -> None:
    ended = shop.run_process("doctor", "--json")
    verdicts = {finding["what"]: finding for finding in json.loads(ended.output)}
    assert ended.exit_code == 0, ended.output
    assert verdicts["catalogue"]["verdict"] == "note" and "ingest" in verdicts["catalogue"]["advice"]
    assert verdicts["embeddings and index"]["verdict"] == "ok"
