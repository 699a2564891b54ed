"""Shelfwise on the command line, and the one place that builds things: settings, then stores and models, then the shop.

Every command reads its settings from `SHELFWISE_…` variables and `shelfwise.toml`; all state is in `SHELFWISE_HOME`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, NoReturn, cast

import typer
from pydantic import SecretStr

from assistant import terminal
from assistant.handoff.commands import build_commands
from assistant.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI
    from sqlalchemy import Engine

    from assistant.acts.base import Services
    from assistant.chat_models import ChatModel
    from assistant.doctor import Finding
    from assistant.engines.choose import Purpose
    from assistant.handoff.console import Console
    from assistant.handoff.decide import HandoverPolicy
    from assistant.handoff.desk import Desk
    from assistant.handoff.help_desk import Hook
    from assistant.handoff.matter import Sources
    from assistant.handoff.outbox import Target
    from assistant.handoff.reception import Reception
    from assistant.memory import ConversationStore
    from assistant.turn import Assistant
    from assistant.types import ReasonCode
    from assistant.understand import Reader
    from assistant.vocabulary import Vocabulary
    from assistant.web.agent_login import AgentLogin
    from assistant.web.api.follow import Streams
    from assistant.web.api.metrics import Measured, ShopMetrics
    from assistant.web.api.shop import Served
    from bench.shop import BenchShop
    from ranking.measure import Metrics
    from retrieval.catalog import Catalog, IngestReport
    from retrieval.embed import Embedder
    from retrieval.index import VectorIndex
    from retrieval.search import FoundAs
    from retrieval.types import Product

# Nothing a shop does is anybody else's business: switched off before any of these libraries is imported.
for _variable in ("ANONYMIZED_TELEMETRY", "GRADIO_ANALYTICS_ENABLED"):
    os.environ.setdefault(_variable, "False")
for _variable in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.setdefault(_variable, "1")
# Numpy only ever multiplies a matrix by a vector here: done in a fraction of a millisecond, or in many milliseconds where
# a busy machine keeps a second thread waiting.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

command_line = typer.Typer(
    help="Shelfwise: a shopping assistant that a shop runs itself.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
_FOLLOW_SECONDS = 10.0
_DEMO_AGENT = "Demo agent"
# Another name whenever a demo shop of before lacks what a new one has: it is built anew then.
_DEMO_DONE = "done-2"
_NO_PEOPLE = "set SHELFWISE_AGENT_KEYS, or a help desk (docs/handover.md)"
_DAY_SECONDS = 86_400.0
Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")]
Llm = Annotated[
    bool | None,
    typer.Option("--llm/--no-llm", help="Whether a language model writes the prose; by default as the settings say."),
]
Epsilon = Annotated[
    float | None, typer.Option(help="Privacy budget: bounds what models tell of any one shopper; 1 is strong, 8 weak.")
]


# ---- building ----------------------------------------------------------------------------------------------------------


def open_engine(settings: Settings) -> Engine:
    """The shop's database, its home folder made if need be.

    Raises `OSError` where that can't be written, `SettingsError` where the database's URL is none.
    """
    from sqlalchemy.exc import ArgumentError

    from retrieval.sql import open_engine as open_database_engine

    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        return open_database_engine(settings.database)
    except (ArgumentError, ImportError) as error:
        # The value itself stays out of the message: it may hold a password.
        expected = "expected an SQLAlchemy URL whose driver is installed, such as postgresql+psycopg://user@host/shop"
        raise SettingsError(f"SHELFWISE_DATABASE_URL can't be used ({error}); {expected}") from error


def open_embedder(settings: Settings) -> Embedder:
    """The embedding model of the settings, or the packaged one."""
    from retrieval import embed

    wanted = settings.embedding_model
    # What looks like a folder is one; anything else is a name that a model hub may be asked for.
    model = Path(wanted).expanduser() if wanted.startswith(("/", "./", "../", "~")) else wanted or None
    return embed.open_embedder(model, settings.device)


def suggestions_filled_in(settings: Settings, engine: Engine) -> FoundAs:
    """What products are to be found by: the merchant's data and the sure suggestions of tagging for what it lacks."""
    from retrieval.tagging.fill import fill
    from retrieval.tagging.store import SuggestionStore

    store = SuggestionStore(engine)
    return lambda products: [filled.product for filled in fill(products, store.confident(settings.suggestion_confidence))]


def open_index(settings: Settings, embedder: Embedder) -> VectorIndex:
    """The shop's vectors."""
    from retrieval.index import VectorIndex

    return VectorIndex(settings.home / "index", embedder)


def open_chat_model(settings: Settings, purpose: Purpose = "prose") -> ChatModel | None:
    """The language model of the settings, loading in the background; None where there shall be none.

    One for `reading` obeys schemas, one for `prose` is tuned and writes plain words.
    """
    from assistant.answer import rehearsal
    from assistant.engines import choose
    from assistant.engines.background import BackgroundChatModel
    from assistant.engines.packaged import packaged_adapter

    if settings.chat_engine == "none":
        return None
    key = settings.chat_api_key.get_secret_value() if settings.chat_api_key else None
    choice = choose.ChatModelChoice(
        engine=settings.chat_engine,
        model=settings.chat_model,
        base_url=settings.chat_base_url,
        api_key=key,
        cache_folder=settings.home / "cache",
        threads=settings.threads,
        purpose=purpose,
        adapter=packaged_adapter(),
    )

    def load() -> ChatModel:
        model = choose.open_chat_model(choice)
        if purpose == "prose":
            choose.warm_up(model, rehearsal())
        return model

    return BackgroundChatModel(load)


def open_reader(
    settings: Settings, catalog: Catalog, model: ChatModel | None, vocabulary: Vocabulary | None = None
) -> Reader:
    """What reads messages: the fine-tuned encoder, the rules, or the language model; the rules stand behind the others."""
    from assistant.understand import LexicalReader, LlmReader, open_encoder_reader
    from assistant.vocabulary import Vocabulary
    from retrieval.embed import default_model_path

    vocabulary = vocabulary or Vocabulary.from_products(catalog.all())
    rules = LexicalReader(vocabulary)
    if settings.understanding == "encoder":
        return open_encoder_reader(vocabulary, default_model_path(), fallback=rules)
    if settings.understanding == "llm" and model is not None:
        return LlmReader(model, rules, settings.understanding_seconds)
    return rules


def open_services(settings: Settings, engine: Engine) -> Services:
    """Everything an act may use."""
    from assistant.acts.base import Services
    from assistant.identity import Identity
    from assistant.order_store import OrderStore
    from assistant.policies import Policies
    from assistant.preferences import PreferenceStore
    from assistant.profile import ShopperStore
    from assistant.returns import read_terms
    from assistant.vocabulary import Vocabulary
    from ranking.events import EventStore
    from ranking.impression_log import ImpressionLog
    from ranking.serving import CurrentRanker
    from retrieval.catalog import Catalog
    from retrieval.reviews import ReviewStore
    from retrieval.search import Searcher

    catalog = Catalog(engine)
    embedder = open_embedder(settings)
    found_as = suggestions_filled_in(settings, engine)
    orders = OrderStore(engine)
    searcher = Searcher.build(catalog, open_index(settings, embedder), embedder, found_as=found_as)
    return Services(
        catalog=catalog,
        searcher=searcher,
        current_ranker=CurrentRanker(
            settings.home / "models", lambda: searcher.products, catalog.get_many, settings.exposure
        ),
        events=EventStore(engine),
        orders=orders,
        policies=Policies.read(settings.home / "policies", searcher.vectors),
        shoppers=ShopperStore(engine),
        now=time.time,
        locale=settings.locale,
        contact=settings.contact,
        cards=settings.cards,
        candidates=settings.candidates,
        impressions=ImpressionLog(engine),
        reviews=ReviewStore(engine),
        vocabulary=Vocabulary.from_products(catalog.all()),
        preferences=PreferenceStore(engine),
        reception=open_reception(settings, engine, embedder, catalog),
        identity=Identity(engine, orders),
        terms=read_terms(settings.home / "policies"),
    )


def open_reception(settings: Settings, engine: Engine, embedder: Embedder, catalog: Catalog) -> Reception:
    """When this shop hands over to its people, and what it tells of them. Raises `SettingsError`."""
    from assistant.handoff.hours import OpeningHours
    from assistant.handoff.log import HandoverLog
    from assistant.handoff.presence import Presence
    from assistant.handoff.reception import Reception

    try:
        hours = OpeningHours.parse(settings.opening_hours, settings.time_zone, _listed(settings.holidays))
    except ValueError as error:
        raise SettingsError(str(error)) from error
    # Who is at a help desk elsewhere, nobody here knows; without agents nobody ever looks into this shop's own console.
    elsewhere, presence = bool(settings.help_desks), Presence(engine, time.time)
    return Reception(
        policy=open_handover_policy(settings, embedder, catalog.currency),
        now=time.time,
        waiting=HandoverLog(engine, time.time).waiting,
        available=(lambda: None) if elsewhere else presence.available,
        hours=hours,
        locale=settings.locale,
        contact=settings.contact,
        answers_meanwhile=settings.answers_while_waiting,
    )


def open_handover_policy(settings: Settings, embedder: Embedder, currency: str) -> HandoverPolicy:
    """When this shop calls for a person: by the trained judge with the packaged embedder, by plain signs with another."""
    from assistant.handoff.decide import HandoverPolicy, HandoverRules
    from assistant.handoff.judge import JudgeUnavailable, TrainedJudge
    from retrieval.money import to_minor

    # The rules themselves tell of a reason that there is not.
    offer = cast("frozenset[ReasonCode]", frozenset(_listed(settings.handover_offer)))
    off = cast("frozenset[ReasonCode]", frozenset(_listed(settings.handover_off)))
    high_value = None if settings.handover_cart is None else to_minor(settings.handover_cart, currency)
    try:
        rules = HandoverRules(offer, off, settings.handover_failures, high_value, settings.handover_threshold)
    except ValueError as error:
        raise SettingsError(f"SHELFWISE_HANDOVER_…: {error}") from error
    try:
        return HandoverPolicy(rules, TrainedJudge(embedder))
    except JudgeUnavailable:
        return HandoverPolicy(rules)


def open_sources(settings: Settings, services: Services, reader: Reader) -> Sources:
    """Where summaries, packets and suggested replies get their facts."""
    from assistant.handoff.matter import Sources
    from assistant.handoff.mood import sentiment
    from assistant.identity import known_orders
    from assistant.turn import context_of
    from retrieval.types import Query

    catalog, shoppers = services.catalog, services.shoppers
    base = settings.public_url.rstrip("/")
    return Sources(
        products=catalog.get_many,
        orders=lambda conversation: known_orders(services.orders, conversation),
        sentiment=sentiment,
        now=services.now,
        currency=lambda: catalog.currency,
        locale=settings.locale,
        transcript_url=lambda conversation_id: f"{base}/agent#{conversation_id}" if base else "",
        terms=services.terms,
        name=lambda shopper_id: known.name if (known := shoppers.get(shopper_id)) else "",
        passage=services.policies.find,
        find=lambda need, without: services.searcher.search(Query(need, settings.cards, without)).candidates,
        read=lambda conversation, text: reader.read(text, context_of(conversation, catalog.currency)),
    )


def open_conversations(settings: Settings, engine: Engine, services: Services, reader: Reader) -> ConversationStore:
    """The shop's conversations; whatever changes one is logged, and told to help desks, in the same transaction."""
    from assistant.handoff.log import HandoverLog
    from assistant.handoff.notify import Notifier
    from assistant.handoff.outbox import Outbox
    from assistant.handoff.packet import packet
    from assistant.handoff.trouble_log import TroubleLog
    from assistant.memory import ConversationStore

    make = partial(packet, sources=open_sources(settings, services, reader))
    watchers = (
        HandoverLog(engine, time.time).record,
        TroubleLog(engine, time.time).record,
        Notifier(Outbox(engine), settings.help_desks, make, time.time).record,
    )
    return ConversationStore(engine, watchers)


def open_assistant(settings: Settings, *, llm: bool | None = None) -> Assistant:
    """The shop's assistant, ready to answer; the language model may still be loading behind it.

    `llm` says whether one writes the prose; None leaves that to the settings.
    """
    from assistant.answer import Voice
    from assistant.turn import Assistant

    engine = open_engine(settings)
    services = open_services(settings, engine)
    model = open_chat_model(settings) if (settings.has_speaking_model if llm is None else llm) else None
    reading = open_chat_model(settings, "reading") if llm is not False and settings.understanding == "llm" else None
    reader = open_reader(settings, services.catalog, reading, services.vocabulary)
    return Assistant(
        name=settings.shop_name,
        services=services,
        reader=reader,
        voice=Voice(model, settings.locale, settings.answer_seconds, drafts=_drafts(settings)),
        conversations=open_conversations(settings, engine, services, reader),
        message_characters=settings.message_characters,
    )


def open_desk(settings: Settings, shop: Assistant, engine: Engine) -> Desk:
    """The agents' side of the shop's conversations."""
    from assistant.handoff.desk import Desk
    from assistant.handoff.log import HandoverLog

    services = shop.services
    assert services.reception is not None
    return Desk(
        shop.conversations,
        HandoverLog(engine, time.time),
        services.reception,
        services.catalog.get_many,
        silence_seconds=60 * settings.agent_silence_minutes,
    )


def open_console(settings: Settings, shop: Assistant, desk: Desk, engine: Engine) -> Console:
    """What the agents' console shows and does. Raises `BadCanned` for a file of ready answers that can't be read."""
    from assistant.handoff.canned import read_canned
    from assistant.handoff.console import Console
    from assistant.handoff.presence import Presence

    sources = open_sources(settings, shop.services, shop.reader)
    canned = read_canned(settings.home / "canned.toml")
    presence = Presence(engine, time.time)
    return Console(settings.shop_name, shop.services, shop.conversations, desk, presence, sources, canned)


def _drafts(settings: Settings) -> int:
    """How many drafts of an answer the model writes: the small packaged one several, as OpenVINO does so side by side."""
    return 3 if settings.chat_engine in ("auto", "openvino") and not settings.chat_model else 1


# ---- commands ----------------------------------------------------------------------------------------------------------


class HelpDesks(NamedTuple):
    """The help desks of a shop: whom to tell, and the webhooks by which they tell of news."""

    targets: list[Target]
    hooks: list[Hook]


@command_line.command()
def demo(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    build_only: Annotated[bool, typer.Option("--build-only", help="Build the demo shop, do not serve it.")] = False,
    llm: Llm = None,
) -> None:
    """Build the demo shop if it is not there, train what needs training, and serve it.

    Example: [bold]python app.py demo --port 8000[/bold]
    """
    from demo.generate import SHOP_NAME

    settings = _settings(host=host, port=port)
    if "shop_name" not in settings.model_fields_set:
        settings = settings.model_copy(update={"shop_name": SHOP_NAME})
    if settings.agent_keys is None:
        # A key for the day, so that the agents' console can be tried without a setting.
        settings = settings.model_copy(update={"agent_keys": SecretStr(f"{_DEMO_AGENT}={secrets.token_urlsafe(12)}")})
    _build_demo(settings)
    if not build_only:
        allowed = (*settings.allowed_origins, _storefront_addresses(settings)[1])
        settings = settings.model_copy(update={"origins": ",".join(allowed)})
        _serve(settings, llm=llm, beside=storefront_beside(settings))


@command_line.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    llm: Llm = None,
) -> None:
    """Serve the shop in SHELFWISE_HOME.

    Example: [bold]SHELFWISE_HOME=/srv/shop python app.py serve[/bold]
    """
    _serve(_settings(host=host, port=port), llm=llm)


@command_line.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="Product files, plain or gzipped, or a folder of pages.")],
    feed_format: Annotated[
        str, typer.Option("--format", help="What the files are; docs/feeds.md lists the formats.")
    ] = "auto",
    mapping: Annotated[Path | None, typer.Option(help="Which column is which field, for any CSV or TSV.")] = None,
    currency: Annotated[str, typer.Option(help="The currency of products whose file names none.")] = "",
    encoding: Annotated[str, typer.Option(help="The files' encoding, where they don't tell by themselves.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Retire products that the files no longer have.")] = False,
    json_output: Json = False,
) -> None:
    """Take products in: report bad rows, skip what did not change, and bring the index up to date.

    Example: [bold]python app.py ingest products.jsonl.gz --replace[/bold]
    """
    from retrieval.feeds.base import ReadOptions
    from retrieval.feeds.formats import NAMES, read_feed

    if feed_format not in NAMES:
        _fail(f"--format is {feed_format!r}; expected one of {', '.join(NAMES)}")
    options = ReadOptions(currency=currency.upper(), encoding=encoding)
    settings = _settings()
    engine = open_engine(settings)
    from retrieval.catalog import Catalog

    catalog = Catalog(engine)
    if replace and len(files) > 1:
        _fail("--replace takes one file: the whole catalogue")
    failed = False
    index = open_index(settings, open_embedder(settings))
    with index.writing():
        for file in files:
            rows = read_feed(file, feed_format, options, mapping)
            with terminal.progress(f"Reading {file.name}", unit="rows") as advance:
                report = catalog.ingest(rows, replace, advance, prepare=lambda products: _embed(index, products))
            _tell_ingest(file, report, json_output)
            if report.failure is not None:
                failed = True
                typer.echo(f"error: {report.failure}", err=True)
        _sync_index(index, catalog)
    if failed:
        raise typer.Exit(1)


@command_line.command()
def quality(
    page: Annotated[Path | None, typer.Option(help="Write the report as a page of HTML, too.")] = None,
    json_output: Json = False,
) -> None:
    """Report what is wrong with the catalogue's data, why it matters, and what to do about it.

    Example: [bold]python app.py quality --page quality.html[/bold]
    """
    from retrieval.catalog import Catalog
    from retrieval.quality import show
    from retrieval.quality.report import examine, to_json

    settings = _settings()
    report = examine(list(Catalog(open_engine(settings)).all()))
    if page is not None:
        page.write_text(show.as_page(report, settings.shop_name), encoding="utf-8")
        terminal.say(f"{len(report.findings)} findings → {page}")
    if json_output:
        terminal.print_json(to_json(report))
    else:
        terminal.output.print(show.as_text(report), soft_wrap=False)


@command_line.command()
def tag(
    threshold: Annotated[float, typer.Option(min=0, max=1, help="How sure a suggestion must be to be used.")] = 0.8,
    categories: Annotated[
        Path | None, typer.Option(help="Categories to choose from, one a line, where products have none to learn from.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Suggest categories and attributes for products that lack them, beside the merchant's own data.

    Example: [bold]python app.py tag --threshold 0.9[/bold]
    """
    from retrieval.catalog import Catalog
    from retrieval.tagging import show
    from retrieval.tagging.features import Featurizer, known_to
    from retrieval.tagging.store import SuggestionStore
    from retrieval.tagging.tagger import Tagger
    from retrieval.tagging.zero_shot import read_categories

    settings = _settings()
    paths = read_categories(categories) if categories else ()
    engine = open_engine(settings)
    embedder = open_embedder(settings)
    store = SuggestionStore(engine)
    featurizer = Featurizer(embedder, known_to(open_index(settings, embedder).mirror))
    tagger = Tagger(featurizer, store, settings.home / "models" / "tagging", threshold)
    with terminal.progress_of("Embedding products") as advance:
        reports = tagger.tag(list(Catalog(engine).all()), paths, advance)
    suggestions = list(store.all())
    if json_output:
        terminal.print_json(show.to_json(reports, suggestions, threshold))
    else:
        terminal.output.print(show.as_text(reports, suggestions, threshold), soft_wrap=False)


@command_line.command()
def ingest_events(
    files: Annotated[list[Path], typer.Argument(help="Event files, format 2, plain or gzipped.")],
    json_output: Json = False,
) -> None:
    """Take shopper events in; an event that is already there is left alone.

    Example: [bold]python app.py ingest-events events.jsonl.gz[/bold]
    """
    from ranking.events import EventStore
    from retrieval.catalog import Catalog
    from retrieval.feeds.jsonl import read_jsonl

    engine = open_engine(_settings())
    currency = Catalog(engine).currency
    store = EventStore(engine)
    for file in files:
        with terminal.progress(f"Reading {file.name}", unit="events") as advance:
            report = store.ingest(read_jsonl(file), currency, progress=advance)
        counts = {"file": str(file), "added": report.added, "repeated": report.repeated}
        terminal.print_counts(counts, report.rejected, len(report.rejected), json_output)


@command_line.command()
def ingest_reviews(
    files: Annotated[list[Path], typer.Argument(help="Review files, plain or gzipped; docs/formats.md tells the format.")],
    json_output: Json = False,
) -> None:
    """Take buyers' reviews in; a review that is already there is left alone, unless it changed.

    Example: [bold]python app.py ingest-reviews reviews.jsonl.gz[/bold]
    """
    from retrieval.feeds.jsonl import read_jsonl
    from retrieval.reviews import ReviewStore

    store = ReviewStore(open_engine(_settings()))
    for file in files:
        with terminal.progress(f"Reading {file.name}", unit="reviews") as advance:
            report = store.ingest(read_jsonl(file), progress=advance)
        counts = {"file": str(file), "added": report.added, "changed": report.changed, "unchanged": report.unchanged}
        terminal.print_counts(counts, report.rejected, len(report.rejected), json_output)


@command_line.command()
def understand(
    dialogues: Annotated[Path, typer.Option("--in", help="Dialogues, format 3.")],
    out: Annotated[Path, typer.Option("--out", help="Where the predictions go.")],
) -> None:
    """Read dialogues and write what was understood of each turn.

    Example: [bold]python app.py understand --in tuning.dialogues.jsonl --out predictions.jsonl[/bold]
    """
    from assistant.read_dialogues import predict
    from retrieval.catalog import Catalog
    from retrieval.feeds.jsonl import read_jsonl

    settings = _settings()
    catalog = Catalog(open_engine(settings))
    model = _wait_for_model(settings, "reading") if settings.understanding == "llm" else None
    reader = open_reader(settings, catalog, model)
    terminal.write_jsonl(out, predict(read_jsonl(dialogues), reader, catalog.currency), "turns")


@command_line.command()
def search(
    queries: Annotated[Path, typer.Option(help="Queries, format 4.")],
    out: Annotated[Path, typer.Option(help="Where the run goes.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Products a query.")] = 100,
) -> None:
    """Search the shop's catalogue for each query of a file; constraints in the words are obeyed.

    Example: [bold]python app.py search --queries queries.jsonl --out run.jsonl[/bold]
    """
    from assistant.need import apply
    from assistant.understand import Context
    from retrieval.catalog import Catalog
    from retrieval.feeds.jsonl import read_jsonl
    from retrieval.run import run_queries
    from retrieval.search import Searcher
    from retrieval.types import Need

    settings = _settings()
    engine = open_engine(settings)
    catalog, embedder = Catalog(engine), open_embedder(settings)
    found_as = suggestions_filled_in(settings, engine)
    searcher = Searcher.build(catalog, open_index(settings, embedder), embedder, found_as=found_as)
    reader = open_reader(settings, catalog, None)

    def read(text: str) -> Need:
        # Only the constraints count: the search goes by all the words, so it does not matter if no kind was read.
        return apply(Need(), reader.read(text, Context(currency=catalog.currency)).frame, ())

    terminal.write_jsonl(out, run_queries(read_jsonl(queries), searcher, read, limit), "queries")


@command_line.command()
def train(
    force: Annotated[bool, typer.Option("--force", help="Take the new models even if the guard refuses them.")] = False,
    epsilon: Epsilon = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="With a privacy budget, measure all the same; no budget covers the figures.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Train the user-item models on the shop's events, and take them into use unless they have become worse.

    With a privacy budget, models hang hardly on any one shopper; docs/privacy.md tells what that covers and costs.

    Example: [bold]python app.py train[/bold], or with a privacy budget: [bold]python app.py train --epsilon 3[/bold]
    """
    terminal.print_training(_train(_settings(epsilon=epsilon), force=force, measure=measure), json_output)


@command_line.command()
def fairness(
    exposure: Annotated[
        float | None,
        typer.Option(help="Strength of exposure control, 0 to 1, instead of the shop's setting."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the report as JSON to this file, too.")] = None,
    json_output: Json = False,
) -> None:
    """Report who is served how well: exposure of the long tail, and of groups of products and shoppers, with their gaps.

    The models in use are learned anew without each shopper's last interest, which then has to be found.

    Example: [bold]python app.py fairness --exposure 0.8 --out fairness.json[/bold]
    """
    from ranking.events import EventStore
    from ranking.model_sets import ModelSets
    from ranking.shop_report import report_of_shop
    from retrieval.catalog import Catalog

    settings = _settings(exposure=exposure)
    engine = open_engine(settings)
    events, products = EventStore(engine).interactions(), Catalog(engine).all()
    with terminal.steps() as tell:
        report = report_of_shop(events, products, ModelSets(settings.home / "models").load(), settings.exposure, tell)
    if out is not None:
        terminal.write_json(out, report.as_json())
    if json_output:
        terminal.print_json(report.as_json())
    else:
        terminal.output.print(report.as_text(), soft_wrap=False)


@command_line.command()
def models(json_output: Json = False) -> None:
    """List the sets of trained models: when each was trained, what it measured, and which one is in use.

    Example: [bold]python app.py models[/bold]
    """
    from dataclasses import asdict

    from ranking.model_sets import ModelSets

    sets = ModelSets(_settings().home / "models").all()
    if json_output:
        terminal.print_json([asdict(one) for one in sets])
    else:
        terminal.print_model_sets(sets)


@command_line.command()
def rollback(
    to: Annotated[str | None, typer.Option(help="The set to use, as `models` names it; else the one used before.")] = None,
    json_output: Json = False,
) -> None:
    """Go back to the models that were in use before, or to any set that is still there; a running server follows.

    Example: [bold]python app.py rollback[/bold]
    """
    from ranking.model_sets import ModelSets

    sets = ModelSets(_settings().home / "models")
    was = sets.current
    terminal.print_values({"was": was, "current": sets.rollback(to)}, json_output)


@command_line.command()
def recommend(
    sequences: Annotated[Path, typer.Option(help="User-item sequences, format 5.")],
    out: Annotated[Path, typer.Option(help="Where the recommendations go.")],
    items: Annotated[Path | None, typer.Option(help="What is known of the items, a line each.")] = None,
    model: Annotated[
        str,
        typer.Option(
            help="blend, item_graph, history_vectors, sequential, cosine_profile, popularity, logistic_regression, ncf,"
            " wide_and_deep, deep_fm, din or dien."
        ),
    ] = "blend",
    split: Annotated[str, typer.Option("--for", help="test or validation.")] = "test",
    exposure: Annotated[
        float, typer.Option(min=0, max=1, help="How much products that few see are lifted; 0 leaves the order alone.")
    ] = 0.0,
    epsilon: Epsilon = None,
) -> None:
    """Train on sequences alone and write the 10 best items of each user.

    Example: [bold]python app.py recommend --sequences beauty.sequences.txt --out best.jsonl --for validation[/bold]
    """
    from ranking.recommend import MODELS, recommend_from_sequences

    if model not in MODELS:
        _fail(f"--model is {model!r}; expected one of {', '.join(MODELS)}")
    if split not in ("test", "validation"):
        _fail(f"--for is {split!r}; expected test or validation")
    if epsilon is not None and (model != "blend" or exposure):
        _fail("--epsilon goes with --model blend and without --exposure: nothing else is learned privately")
    with terminal.steps() as tell:
        users = recommend_from_sequences(
            sequences,
            items,
            out,
            model,
            "test" if split == "test" else "validation",
            progress=lambda done, total: tell("Recommending", done, total),
            learning=tell,
            exposure=exposure,
            epsilon=epsilon,
        )
    terminal.say(f"{users} users → {out}")


@command_line.command()
def converse(
    scripts: Annotated[Path, typer.Option("--in", help="Scripted conversations, format 6.")],
    out: Annotated[Path, typer.Option("--out", help="Where the transcript goes.")],
    llm: Llm = None,
) -> None:
    """Play scripted conversations and write a transcript, a line a turn.

    Example: [bold]python app.py converse --in bench/data/conversations.jsonl --out transcript.jsonl --no-llm[/bold]
    """
    from assistant.converse import play, read_scripts
    from retrieval.feeds.jsonl import read_jsonl

    settings = _settings()
    played = list(read_scripts(read_jsonl(scripts)))
    shop = open_assistant(settings, llm=llm)
    if shop.voice.model is not None:
        _wait(shop.voice.model)
    terminal.write_jsonl(out, (row for script in played for row in play(shop, script)), "turns")


@command_line.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks to run; all where none is named.")] = None,
) -> None:
    """Run benchmarks; each line is a JSON object with its ratio, both sides measured in the same run.

    Example: [bold]python app.py bench turn[/bold]
    """
    from bench.run import run_benchmarks

    settings = _settings()
    with tempfile.TemporaryDirectory(prefix="shelfwise-bench-") as folder:
        for line in run_benchmarks(names or [], lambda: _bench_shop(settings, Path(folder) / "home")):
            typer.echo(line)


handovers = build_commands(lambda: open_engine(_settings()))
command_line.add_typer(handovers, name="handovers")


@command_line.command()
def doctor(json_output: Json = False) -> None:
    """Check models, stores and settings, and say what to do about each thing that is wrong.

    Example: [bold]python app.py doctor[/bold]
    """
    from dataclasses import asdict

    from assistant.doctor import is_healthy

    findings = _examine()
    if json_output:
        terminal.print_json([asdict(finding) for finding in findings])
    else:
        terminal.print_findings(findings)
    if not is_healthy(findings):
        raise typer.Exit(1)


@handovers.command("report")
def handover_report(
    days: Annotated[float, typer.Option(min=0, help="How many days back.")] = 30.0, json_output: Json = False
) -> None:
    """Tell how often a person is needed and why, how long shoppers wait, and what the assistant could not do.

    Example: [bold]python app.py handovers report --days 7[/bold]
    """
    from assistant.handoff.log import HandoverLog
    from assistant.handoff.trouble_log import TroubleLog
    from assistant.memory import ConversationStore
    from insights.handovers import HandedOver, Missed, report

    engine, since = open_engine(_settings()), time.time() - days * _DAY_SECONDS
    log, troubles = HandoverLog(engine, time.time), TroubleLog(engine, time.time)
    told = report(
        ConversationStore(engine).count(since),
        (
            HandedOver(
                each.conversation_id,
                each.reason,
                each.requested_at,
                each.accepted_at,
                each.ended_at,
                each.ending,
                each.requested_by,
            )
            for each in log.since(since)
        ),
        (Missed(each.trouble, each.asked) for each in troubles.since(since)),
    )
    if json_output:
        terminal.print_json(told.as_json())
    else:
        terminal.output.print(told.as_text())


@command_line.command()
def feedback(
    value: Annotated[Literal["helpful", "not_helpful"] | None, typer.Option(help="Only answers called so.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many answers.")] = 20,
    json_output: Json = False,
) -> None:
    """List the answers that shoppers called helpful or not, newest first, and the share of helpful ones.

    Example: [bold]python app.py feedback --value not_helpful[/bold]
    """
    from assistant.feedback import FeedbackStore
    from assistant.feedback_report import report
    from assistant.memory import ConversationStore

    engine = open_engine(_settings())
    told = report(FeedbackStore(engine, time.time), ConversationStore(engine).load, limit=limit, value=value)
    if json_output:
        terminal.print_json(told.as_json())
    else:
        terminal.output.print(told.as_text())


# ---- what the commands share -------------------------------------------------------------------------------------------


def _settings(**overrides: Any) -> Settings:
    """The settings in force, with what the command line said over them."""
    said = {key: value for key, value in overrides.items() if value is not None}
    return load_settings(overrides=said)


def _fail(message: str) -> NoReturn:
    """One clear line, and a non-zero exit."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)


def _tell_ingest(file: Path, report: IngestReport, as_json: bool) -> None:
    counts = {
        "file": str(file),
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "retired": report.retired,
    }
    failure = str(report.failure) if report.failure else ""
    terminal.print_counts(counts, report.rejected, report.rejected_count, as_json, failure)


def _embed(index: VectorIndex, products: Iterator[Product]) -> None:
    """Embeds products before anybody can find them."""
    with terminal.progress_of("Embedding products") as advance:
        index.prepare(products, advance)


def _sync_index(index: VectorIndex, catalog: Catalog) -> None:
    with terminal.progress_of("Embedding products") as advance:
        report = index.sync(catalog.all(), advance, exact=True)
    terminal.say(f"index: {report.embedded + report.unchanged:,} products, {report.removed:,} old vectors removed")


def _train(settings: Settings, *, force: bool = False, measure: bool = False) -> Metrics:
    from ranking.events import EventStore
    from ranking.impression_log import ImpressionLog
    from ranking.search_order import Logged, logged
    from ranking.train import Recipe, train
    from retrieval.catalog import Catalog

    engine = open_engine(settings)
    events, log, products = EventStore(engine), ImpressionLog(engine), Catalog(engine).all()

    def seen() -> Logged:
        # The events of a shop whose searches were never logged need not be read again.
        return logged(events.all() if log.count() else (), log)

    recipe, folder = Recipe(epsilon=settings.epsilon, measure=measure), settings.home / "models"
    with terminal.steps() as tell:
        return train(events.interactions(), products, folder, tell, seen=seen, recipe=recipe, force=force)


def _build_demo(settings: Settings) -> None:
    """Makes the demo shop in the home folder, step by step; a step that is done is not done again."""
    from assistant.order_store import OrderStore
    from assistant.profile import ShopperStore
    from demo.generate import END, generate
    from demo.orders import brought_up_to
    from ranking.events import EventStore
    from retrieval.catalog import Catalog
    from retrieval.feeds.jsonl import read_jsonl
    from retrieval.reviews import ReviewStore

    made, done = settings.home / "demo", settings.home / "demo" / _DEMO_DONE
    if done.is_file():
        return
    engine = open_engine(settings)
    catalog = Catalog(engine)
    if catalog.count() and not made.is_dir():
        where = repr(str(settings.home))
        raise SettingsError(f"SHELFWISE_HOME is {where}, which holds another shop; expected a folder of the demo's own")
    terminal.say(f"Building the demo shop in {settings.home.absolute()}, once.")
    generate(made, progress=terminal.say)
    with terminal.progress("Taking products in", "rows") as advance:
        catalog.ingest(read_jsonl(made / "products.jsonl"), replace=True, progress=advance)
    with terminal.progress("Taking events in", "events") as advance:
        EventStore(engine).ingest(read_jsonl(made / "events.jsonl"), catalog.currency, progress=advance)
    with terminal.progress("Taking reviews in", "reviews") as advance:
        ReviewStore(engine).ingest(read_jsonl(made / "reviews.jsonl"), progress=advance)
    # Moved to today: of old orders nothing could be sent back any more.
    orders = list(brought_up_to(datetime.now(UTC), _rows(made / "orders.jsonl"), END))
    OrderStore(engine).replace_all(orders)
    # Those who bought most stand first in the picker: with them the order on the screen changes most.
    bought = Counter(order["shopper_id"] for order in orders)
    ShopperStore(engine).replace_all(sorted(_rows(made / "shoppers.jsonl"), key=lambda row: -bought[row["shopper_id"]]))
    shutil.copytree(made / "policies", settings.home / "policies", dirs_exist_ok=True)
    _sync_index(open_index(settings, open_embedder(settings)), catalog)
    _train(settings)
    done.touch()


def _bench_shop(settings: Settings, copy: Path) -> BenchShop:
    """The demo shop, copied so that benchmarks leave it as it is; a home without one gets one beside its own shop."""
    from bench.shop import BenchShop
    from retrieval.catalog import Catalog

    scratch = settings.home / "bench"
    has_demo = (settings.home / "demo" / _DEMO_DONE).is_file() and not settings.database_url
    built = settings if has_demo else settings.model_copy(update={"home": scratch / "home", "database_url": ""})
    _build_demo(built)
    shutil.copytree(built.home, copy, ignore=shutil.ignore_patterns("bench"))
    mine = built.model_copy(update={"home": copy})

    def loaded(llm: bool) -> Assistant:
        shop = open_assistant(mine, llm=llm)
        if shop.voice.model is not None:
            _wait(shop.voice.model)
        return shop

    return BenchShop(
        open_assistant=loaded,
        open_chat_model=lambda purpose: _wait_for_model(mine, purpose),
        open_catalog=lambda: Catalog(open_engine(mine)),
        open_embedder=lambda: open_embedder(mine),
        open_index=lambda embedder: open_index(mine, embedder),
        command=(sys.executable, str(Path(__file__).resolve())),
        environment={"SHELFWISE_HOME": str(copy), "SHELFWISE_DATABASE_URL": ""},
        data=Path(os.environ.get("SHELFWISE_DATA", "../shared/data")),
        scratch=scratch,
        say=terminal.say,
    )


def _listed(text: str) -> list[str]:
    """The parts of a list that is written with commas."""
    return [part for part in (part.strip() for part in text.split(",")) if part]


def _rows(path: Path) -> list[Any]:
    from retrieval.feeds.jsonl import read_jsonl

    return [row[1] for row in read_jsonl(path) if isinstance(row, tuple)]


def _serve(settings: Settings, *, llm: bool | None, beside: AbstractContextManager[None] | None = None) -> None:
    from assistant.web.server import listening_socket, serve

    listening_socket(settings.host, settings.port).close()
    started = time.monotonic()
    terminal.say(f"Opening {settings.shop_name} …")
    shop, engine = open_assistant(settings, llm=llm), open_engine(settings)
    desk = open_desk(settings, shop, engine)
    with open_help_desks(settings, shop, desk, engine) as help_desks:
        app = _server(settings, shop, desk, engine, help_desks.hooks)
        _start_in_background(shop, desk)
        address = f"http://{settings.host}:{settings.port}"
        terminal.say(f"Ready in {time.monotonic() - started:.1f} s: {address}")
        if settings.agents:
            key = f", with the key {settings.agents[_DEMO_AGENT]}" if _DEMO_AGENT in settings.agents else ""
            terminal.say(f"Agents answer at {address}/agent{key}")
        elif not settings.help_desks:
            terminal.say(f"Nobody can take over from the assistant: {_NO_PEOPLE}.")
        with delivering(help_desks.targets, desk, engine), beside or nullcontext():
            serve(app, settings.host, settings.port)


def _storefront_addresses(settings: Settings) -> tuple[str, str]:
    """The origins of the demo's assistant and of its storefront: on one machine two sites, not only two origins."""
    is_here = settings.host in ("127.0.0.1", "localhost", "0.0.0.0", "::")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    assistant, storefront = ("127.0.0.1", "localhost") if is_here else (host, host)
    return f"http://{assistant}:{settings.port}", f"http://{storefront}:{settings.port + 1}"


@contextmanager
def storefront_beside(settings: Settings) -> Iterator[None]:
    """Serves the demo shop's own pages meanwhile, one port further; where that can't be, it is told and left out."""
    from assistant.web.server import listening_socket
    from demo.storefront.beside import served_beside
    from demo.storefront.pages import build_storefront

    (assistant, address), made = _storefront_addresses(settings), settings.home / "demo"
    try:
        listener = listening_socket(settings.host, settings.port + 1)
    except (OSError, OverflowError) as error:  # there is no port after the last one
        terminal.say(f"The sample shop is not served: {error}.")
        yield
        return
    rows = _rows(made / "products.jsonl")
    app = build_storefront(rows, shop_name=settings.shop_name, assistant=assistant, images=made / "images")
    with served_beside(app, listener):
        terminal.say(f"The sample shop, with the assistant on its pages: {address}")
        yield


def _server(settings: Settings, shop: Assistant, desk: Desk, engine: Engine, hooks: Sequence[Hook]) -> FastAPI:
    """The chat page, the agents' console and the webhooks of help desks, as far as the shop has them."""
    from assistant.feedback import FeedbackStore
    from assistant.handoff.log import HandoverLog
    from assistant.handoff.outbox import Outbox
    from assistant.web.agent_login import AgentLogin
    from assistant.web.api.follow import Streams
    from assistant.web.api.metrics import Measured, ShopMetrics
    from assistant.web.connectors import build_connectors
    from assistant.web.server import build_app

    streams, login = Streams(), AgentLogin(settings.agents, time.time)
    log, outbox = HandoverLog(engine, time.time), Outbox(engine)
    judged = FeedbackStore(engine, time.time).counts
    metrics = ShopMetrics(handovers=log.open, deliveries=outbox.counts, streams=lambda: len(streams), feedback=judged)
    front = Measured(shop, metrics)
    served = _served(settings, shop, front, desk, engine, login, streams)
    parts: list[Callable[[FastAPI], object]] = [_api(settings, served, metrics), _widget(settings, shop)]
    if hooks:
        parts.append(lambda app: app.include_router(build_connectors(hooks)))
    if settings.agents:
        parts.append(_agent_page(settings, open_console(settings, shop, desk, engine), login))
    images = settings.home / "demo" / "images"
    return build_app(
        front,
        cards_of=shop.cards,
        images=images if images.is_dir() else None,
        ready=lambda: _readiness(shop),
        locale=settings.locale,
        concurrency=settings.concurrency,
        queue_size=settings.queue_size,
        parts=parts,
        vouched=served.vouched,
    )


def _api(settings: Settings, served: Served, metrics: ShopMetrics) -> Callable[[FastAPI], object]:
    """What puts the HTTP API on the server, and, for who has the shop's key, figures and the OpenAI-compatible calls."""
    from dataclasses import replace

    from assistant.web.api.build import build_api, mount_api
    from assistant.web.api.metrics import CountsLimited, build_metrics_route
    from assistant.web.api.openai import build_openai_routes

    key = _secret(settings.shop_key)

    def mount(app: FastAPI) -> None:
        more = []
        if key:
            app.include_router(build_metrics_route(metrics, keys=(key,)))
            more.append(
                build_openai_routes(
                    served.shop,
                    callers=served.callers,
                    limits=served.limits,
                    turns=served.turns,
                    keys=(key,),
                    vouched=served.vouched,
                    locale=settings.locale,
                )
            )
        api = build_api(served, served.limits, origins=settings.allowed_origins, more=more)
        mount_api(app, replace(api, app=CountsLimited(api.app, metrics)))

    return mount


def _widget(settings: Settings, shop: Assistant) -> Callable[[FastAPI], object]:
    """What puts the widget for pages of the shop on the server."""
    from assistant.web.server import EXAMPLES
    from assistant.web.widget.files import WidgetFiles
    from assistant.web.widget.routes import mount_widget

    setup = {"shop": settings.shop_name, "currency": shop.currency, "examples": EXAMPLES}
    return lambda app: mount_widget(app, WidgetFiles(), setup, settings.allowed_origins)


def _served(
    settings: Settings, shop: Assistant, front: Measured, desk: Desk, engine: Engine, login: AgentLogin, streams: Streams
) -> Served:
    """What the calls of the API share; wrong keys are counted together with those at the console's door."""
    from assistant.feedback import FeedbackStore
    from assistant.handoff.presence import Presence
    from assistant.identity import is_signed
    from assistant.web.api.callers import Callers
    from assistant.web.api.finding import finder
    from assistant.web.api.limits import Allowance, Limits
    from assistant.web.api.shop import Served
    from assistant.web.api.tokens import ConversationTokens
    from assistant.web.api.turns import Turns

    allowed = Allowance(settings.api_calls, settings.api_conversations, settings.api_messages)
    limits, tokens, key = Limits(allowed, time.time), ConversationTokens(engine), _secret(settings.shop_key)
    seen = Presence(engine, time.time).seen
    return Served(
        shop=front,
        desk=desk,
        events=shop.services.events,
        find=finder(shop.services.searcher, shop.reader, shop.currency),
        vouched=partial(is_signed, _secret(settings.shopper_secret)),
        tokens=tokens,
        callers=Callers(tokens, limits, login.tries, agent_with=login.agent_with, shop_key=key, seen=seen),
        limits=limits,
        turns=Turns(settings.concurrency, settings.queue_size),
        streams=streams,
        now=time.time,
        feedback=FeedbackStore(engine, time.time),
    )


def _start_in_background(shop: Assistant, desk: Desk) -> None:
    from assistant.engines.background import BackgroundChatModel

    if not shop.services.catalog.count():
        terminal.say("The catalogue is empty: take products in with `python app.py ingest FILE`, or try `make demo`.")
    model = shop.voice.model
    if isinstance(model, BackgroundChatModel):
        model.start()
    Thread(target=_follow, args=(shop, desk), name="follower", daemon=True).start()


def _agent_page(settings: Settings, console: Console, login: AgentLogin) -> Callable[[FastAPI], object]:
    """What puts the agents' console on the server."""
    from assistant.web.agent_page import build_agent_page, mount_agent_page

    def mount(app: FastAPI) -> object:
        page = build_agent_page(console, login, locale=settings.locale)
        return mount_agent_page(app, page, login, settings.shop_name)

    return mount


@contextmanager
def open_help_desks(settings: Settings, shop: Assistant, desk: Desk, engine: Engine) -> Iterator[HelpDesks]:
    """The help desks of the settings; while this is open, they may be told of hand-overs and tell of news.

    Raises `SettingsError` for an address that is none.
    """
    import httpx

    # Addresses and proxies come from the settings alone, not from other programs' variables.
    with httpx.Client(trust_env=False) as client:
        try:
            found = _help_desks(settings, desk, engine, client)
        except ValueError as error:
            raise SettingsError(str(error)) from error
        yield HelpDesks([_rephrased(settings, shop, target) for target in found.targets], found.hooks)


def _help_desks(settings: Settings, desk: Desk, engine: Engine, client: httpx.Client) -> HelpDesks:
    from assistant.handoff.chatwoot import ChatwootApi, chatwoot_hook
    from assistant.handoff.links import Links
    from assistant.handoff.outbox import Outbox
    from assistant.handoff.telling import HelpDeskTarget
    from assistant.handoff.tickets import TicketApi, tickets_hook
    from assistant.handoff.webhook import WebhookTarget

    found, outbox, links = HelpDesks([], []), Outbox(engine), Links(engine)
    if settings.webhook_url:
        found.targets.append(WebhookTarget(settings.webhook_url, _secret(settings.webhook_secret), client))
    if settings.chatwoot_url:
        inbox, token = settings.chatwoot_inbox, _secret(settings.chatwoot_token)
        chatwoot = ChatwootApi(settings.chatwoot_url, token, settings.chatwoot_account, inbox, client)
        there = HelpDeskTarget(chatwoot, desk, links, outbox, engine)
        hook_token, hook_secret = _secret(settings.chatwoot_hook_token), _secret(settings.chatwoot_hook_secret)
        found.hooks.append(chatwoot_hook(there.hear, inbox_id=inbox, token=hook_token, secret=hook_secret))
        found.targets.append(there)
    if settings.tickets_url:
        token, requester = _secret(settings.tickets_token), settings.tickets_requester_email
        tickets = TicketApi(settings.tickets_url, settings.tickets_email, token, client, requester_email=requester)
        there = HelpDeskTarget(tickets, desk, links, outbox, engine)
        found.hooks.append(tickets_hook(there.hear, secret=_secret(settings.tickets_hook_secret)))
        found.targets.append(there)
    return found


def _rephrased(settings: Settings, shop: Assistant, target: Target) -> Target:
    """The target as it is told: in the words of the language model, where the shop has one speak."""
    from assistant.handoff.rephrase import Summarizer
    from assistant.handoff.rephrased import Rephrased
    from assistant.handoff.summary import brief

    if shop.voice.model is None:
        return target
    sources = open_sources(settings, shop.services, shop.reader)
    summarizer = Summarizer(shop.voice.model, settings.answer_seconds)

    def summary_of(conversation_id: str) -> str:
        conversation = shop.conversation(conversation_id)
        if conversation.handover is None:
            raise KeyError(conversation_id)  # over meanwhile: what the packet says of it is truer
        return summarizer.write(brief(conversation, sources)).text

    return Rephrased(target, summary_of)


@contextmanager
def delivering(targets: Sequence[Target], desk: Desk, engine: Engine) -> Iterator[None]:
    """While this is open, the targets are told what is in the outbox for them."""
    from assistant.handoff.outbox import Outbox
    from assistant.handoff.worker import Worker

    workers = [Worker(Outbox(engine), target, desk.unreachable) for target in targets]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()


def _secret(value: SecretStr | None) -> str:
    return "" if value is None else value.get_secret_value()


def _follow(shop: Assistant, desk: Desk) -> None:
    while True:
        time.sleep(_FOLLOW_SECONDS)
        take_in_news(shop)
        look_after_waiting(desk)


def look_after_waiting(desk: Desk) -> None:
    """Gives conversations that an agent has left alone back to the queue."""
    from sqlalchemy.exc import SQLAlchemyError

    from assistant.memory import ConversationChanged

    try:
        desk.sweep()
    except (SQLAlchemyError, ConversationChanged) as error:
        terminal.say(f"conversations can't be looked after just now: {error}")


def take_in_news(shop: Assistant) -> None:
    """Takes what other processes ingested, trained or rolled back to into the running shop."""
    from sqlalchemy.exc import SQLAlchemyError

    from ranking.models.base import BadModel
    from ranking.serving import CurrentRanker
    from retrieval.index import IndexUnavailable

    try:
        shop.services.searcher.refresh()
    except (SQLAlchemyError, IndexUnavailable) as error:
        # Either may be busy or away for a moment; the search goes on with what it has, and this tries again.
        terminal.say(f"the catalogue can't be read just now: {error}")
    ranker = shop.services.current_ranker
    try:
        if isinstance(ranker, CurrentRanker):
            ranker.refresh()
    except BadModel as error:
        terminal.say(f"the models in use stay: {error}")


def _readiness(shop: Assistant) -> dict[str, str]:
    """What `/readyz` tells: the language model may be absent, the rest may not."""
    model = shop.voice.model
    return {
        "catalogue": "ok" if shop.services.catalog.count() else "empty",
        "search": "ok" if shop.services.searcher.products else "empty",
        "language model": f"ok: {'templates only' if model is None else model.name}",
    }


def _wait_for_model(settings: Settings, purpose: Purpose = "prose") -> ChatModel | None:
    model = open_chat_model(settings, purpose)
    if model is not None:
        _wait(model)
    return model


def _wait(model: ChatModel) -> None:
    from assistant.engines.background import BackgroundChatModel

    if isinstance(model, BackgroundChatModel):
        with terminal.progress("Loading the language model"):
            model.wait()


def _examine() -> list[Finding]:
    """Everything that `doctor` looks at, cheapest first."""
    from assistant.chat_models import ChatModelError
    from assistant.doctor import Finding, check, check_home, check_packages, check_python
    from retrieval.catalog import Catalog, CatalogError
    from retrieval.embed import EmbedderUnavailable
    from retrieval.index import IndexMismatch, IndexUnavailable

    findings = [check_python(), check_packages(Path(__file__).parent / "constraints.txt")]
    try:
        settings = _settings()
    except SettingsError as error:
        return [*findings, Finding("settings", "wrong", str(error), "set it right, or take it away")]
    findings += [Finding("settings", "ok", "valid"), check_home(settings.home)]
    if findings[-1].verdict == "wrong":
        return findings

    def catalogue() -> str:
        return f"{Catalog(open_engine(settings)).count():,} products"

    def vectors() -> str:
        index = open_index(settings, open_embedder(settings))
        return f"{len(index):,} vectors"

    people = [*settings.agents, *settings.help_desks]
    findings.append(
        Finding("people who take over", "ok", ", ".join(people))
        if people
        else Finding("people who take over", "note", "nobody: shoppers who ask for a person wait in vain", _NO_PEOPLE)
    )

    def chat() -> str:
        model = _wait_for_model(settings) if settings.has_speaking_model else None
        return "none: templates write the prose" if model is None else model.name

    findings.append(check("catalogue", catalogue, (CatalogError, SettingsError, OSError), "check SHELFWISE_DATABASE_URL"))
    if findings[-1].found == "0 products":
        findings[-1] = Finding("catalogue", "note", "empty", "python app.py ingest products.jsonl, or: make demo")
    errors = (EmbedderUnavailable, IndexMismatch, IndexUnavailable)
    findings.append(check("embeddings and index", vectors, errors, "see the message"))
    findings.append(check("language model", chat, (ChatModelError,), "see the message; without it, templates speak"))
    return findings


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command; what can go wrong in a known way ends in one clear line and a non-zero exit."""
    try:
        command_line(arguments)
    except known_errors() as error:
        typer.echo(f"error: {_told(error)}", err=True)
        sys.exit(1)


def _told(error: Exception) -> str:
    """What an error says, without what only a developer would want to know."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    # Of a database's error the driver's own words, without the statement and the link to the manual.
    return str(getattr(error, "orig", None) or error)


def known_errors() -> tuple[type[Exception], ...]:
    """The errors that say by themselves what is wrong and what was expected."""
    from sqlalchemy.exc import SQLAlchemyError

    from assistant.chat_models import ChatModelError
    from assistant.converse import BadScript
    from assistant.handoff.canned import BadCanned
    from assistant.handoff.outbox import NotDead
    from assistant.orders import BadOrder
    from assistant.read_dialogues import BadDialogue
    from assistant.reading.context import ReaderUnavailable
    from assistant.returns import BadTerms
    from bench.shop import UnknownBenchmark
    from ranking.dataset import BadSequences
    from ranking.model_sets import NoSuchSet
    from ranking.models.base import BadModel
    from ranking.privacy.budget import BadBudget, PrivacyUnavailable
    from ranking.shop_report import NothingToReport
    from ranking.train import NothingToTrain, Refused
    from retrieval.catalog import CatalogError
    from retrieval.embed import EmbedderUnavailable
    from retrieval.feeds.rows import FeedError
    from retrieval.index import IndexMismatch, IndexUnavailable
    from retrieval.run import BadQuery
    from retrieval.tagging.zero_shot import BadCategories

    return (
        SettingsError,
        ChatModelError,
        BadScript,
        BadCanned,
        NotDead,
        BadOrder,
        BadTerms,
        ReaderUnavailable,
        BadDialogue,
        BadQuery,
        BadCategories,
        IndexMismatch,
        IndexUnavailable,
        UnknownBenchmark,
        BadSequences,
        BadModel,
        NoSuchSet,
        NothingToTrain,
        NothingToReport,
        BadBudget,
        PrivacyUnavailable,
        Refused,
        CatalogError,
        EmbedderUnavailable,
        FeedError,
        SQLAlchemyError,
        OSError,
    )


if __name__ == "__main__":
    main()
