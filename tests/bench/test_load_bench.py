"""The load measurement: that both sides are talked to alike and that nothing that goes wrong is lost; never how fast."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import islice
from pathlib import Path

import pytest
import uvicorn

from assistant.web.server import listening_socket
from bench.load import chosen, compared
from bench.load_gradio import answerer, as_text, gradio_page
from bench.load_http import Client, Refused
from bench.load_shoppers import CARDS, Load, Waits, chat_function, heard_from_gradio, let_loose
from bench.load_talk import FEWEST, MOST, talks
from bench.start import free_port
from tests.fakes import small_shop
from tests.fakes_api import ApiShopWorld, api_world

SHORT = Load(shoppers=2, seconds=0.3, pause=0.0, warm_up=0.0)


def test_a_shopper_says_the_same_in_every_run_and_no_two_say_alike() -> None:
    first, again, other = (list(islice(talks(name), 20)) for name in ("1", "1", "2"))
    assert first == again and not set(first) & set(other)
    assert all(FEWEST <= len(talk) <= MOST for talk in first)
    assert not any("{" in text for talk in first for text in talk)


@asynccontextmanager
async def answering(*parts: bytes, breaks_off: bool = False) -> AsyncIterator[Client]:
    """A client of a server that sends these parts as the answer of each call."""
    calls: list[asyncio.Task[None] | None] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError):
            while not writer.is_closing() and await reader.readuntil(b"\r\n\r\n"):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                if breaks_off:
                    writer.close()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        client = Client(server.sockets[0].getsockname()[1])
        try:
            yield client
        finally:
            client.close()
            await asyncio.gather(*(call for call in calls if call is not None))


def lines_of(*parts: bytes, calls: int = 1, breaks_off: bool = False) -> list[bytes]:
    async def called() -> list[bytes]:
        async with answering(*parts, breaks_off=breaks_off) as client:
            return [line for _ in range(calls) async for line in client.lines("GET", "/")]

    return asyncio.run(called())


def test_lines_are_put_together_however_they_were_cut() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = (b"3\r\nevt\r\n", b"9\r\n: a\nevt: \r\n1\r\nb\r\n", b"0\r\n\r\n")
    assert lines_of(head, *chunks, calls=2) == [b"evt: a", b"evt: b"] * 2


def test_an_answer_with_a_length_is_read_to_its_end() -> None:
    assert lines_of(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n", b'{"a":', b" 1}", calls=2) == [b'{"a": 1}'] * 2


def test_an_answer_that_is_no_success_says_what_it_is() -> None:
    with pytest.raises(Refused, match=r"503: too many"):
        lines_of(b"HTTP/1.1 503 Busy\r\ncontent-length: 8\r\n\r\ntoo many")


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        lines_of(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\ntoo", breaks_off=True)


@contextmanager
def api(world: ApiShopWorld) -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(world.api.app, log_level="error", lifespan="off"))
    with listening_socket("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


def test_shoppers_note_how_long_the_api_lets_them_wait(tmp_path: Path) -> None:
    with api(api_world(tmp_path)) as port:
        waits = let_loose("api", port, SHORT)
    assert not waits.errors
    assert 0 < len(waits.first_card) <= len(waits.whole)
    assert max(waits.first_card) <= max(waits.whole)


def test_shoppers_note_how_long_the_page_lets_them_wait(tmp_path: Path) -> None:
    port = free_port()
    with gradio_page(small_shop(tmp_path), port, 2):
        waits = let_loose("gradio", port, SHORT)
    assert not waits.errors
    assert 0 < len(waits.first_card) <= len(waits.whole)


def test_what_the_warm_up_took_does_not_count(tmp_path: Path) -> None:
    with api(api_world(tmp_path)) as port:
        waits = let_loose("api", port, Load(shoppers=2, seconds=0.0, pause=0.0, warm_up=0.3))
    assert waits == Waits()


def test_what_goes_wrong_is_counted() -> None:
    nobody = let_loose("api", free_port(), Load(shoppers=2, seconds=0.0, pause=0.0, warm_up=0.0))
    assert nobody.errors.total() == 2 and not nobody.whole


def test_the_page_says_what_the_assistant_says_cards_first(tmp_path: Path) -> None:
    class Request:
        session_hash = "tab"

    shop = small_shop(tmp_path)
    answer = answerer(shop)
    told = list(answer("waterproof boots", [], Request()))
    assert told[0].startswith(CARDS) and "$" in told[0]
    assert all(after.startswith(before) for before, after in zip(told, told[1:], strict=False)) and len(told) > 1
    again = list(answer("hello", [], Request()))
    assert again and not again[0].startswith(CARDS)


def test_cards_are_numbered_lines(tmp_path: Path) -> None:
    shop = small_shop(tmp_path)
    conversation = shop.open()
    list(shop.say(conversation.id, "boots"))
    cards = shop.cards(shop.conversation(conversation.id))
    assert [line.split(".")[0] for line in as_text(cards, "USD").strip().split("\n")] == [
        str(number) for number in range(1, len(cards) + 1)
    ]


@pytest.mark.parametrize(
    ("message", "heard"),
    [
        ({"msg": "process_generating", "output": {"data": ["1. **Boot**, $20", []]}}, "cards"),
        ({"msg": "process_generating", "output": {"data": ["Hello", []]}}, "process_generating"),
        ({"msg": "process_generating", "output": {"data": [[["append", [], "1. "]], []]}}, "process_generating"),
        ({"msg": "process_completed", "success": True, "output": {"data": []}}, "process_completed"),
        ({"msg": "process_completed", "success": False, "output": {"error": "no"}}, "error: no"),
        ({"msg": "unexpected_error", "message": "full"}, "error: full"),
        ({"msg": "estimation"}, "estimation"),
    ],
)
def test_what_gradio_tells_is_understood(message: dict[str, object], heard: str) -> None:
    assert heard_from_gradio(json.loads(json.dumps(message))) == heard


def test_a_page_without_a_chat_is_told() -> None:
    assert chat_function({"dependencies": [{"id": 0, "api_name": "other"}, {"id": 3, "api_name": "chat"}]}) == 3
    with pytest.raises(ValueError, match="names no function 'chat'"):
        chat_function({"dependencies": []})


def waits_of(first_card: Sequence[float], errors: dict[str, int] | None = None) -> Waits:
    return Waits(list(first_card), [wait + 10 for wait in first_card], Counter(errors or {}))


def test_how_long_and_how_heavy_a_load_is_can_be_chosen() -> None:
    assert {load.pause: (load.shoppers, load.seconds) for load in chosen({}).values()} == {0.0: (50, 60), 2.0: (50, 60)}
    short = chosen({"BENCH_LOAD_SECONDS": "5", "BENCH_LOAD_SHOPPERS": "3"})
    assert {(load.shoppers, load.seconds) for load in short.values()} == {(3, 5)}
    with pytest.raises(ValueError, match="BENCH_LOAD_SECONDS is 'long'; expected a whole number from 1"):
        chosen({"BENCH_LOAD_SECONDS": "long"})


def test_both_sides_stand_in_one_line() -> None:
    load = Load(50, 2.0, 0.5)
    line = compared("quick_typist", load, waits_of([100, 400]), waits_of([1000, 1200], {"error: full": 2}))
    assert line["ratio"] == pytest.approx(1198 / 397, rel=0.01)
    assert (line["is_quick_enough"], line["required"], line["pause_s"]) == (True, 2, 0.5)
    assert (line["api_first_card_ms_p50"], line["api_turn_ms_p50"], line["api_turns_per_s"]) == (250, 260, 1.0)
    assert (line["api_errors"], line["gradio_errors"], line["gradio_errors_were"]) == (0, 2, {"error: full": 2})
    assert compared("no_pause", load, waits_of([1001]), waits_of([9000]))["is_quick_enough"] is False


def test_a_side_without_cards_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="Gradio showed no card; errors: {'OSError': 3}"):
        compared("no_pause", Load(50, 2.0, 0.5), waits_of([1]), waits_of([], {"OSError": 3}))
