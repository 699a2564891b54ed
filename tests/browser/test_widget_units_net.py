"""What the panel's modules do with the network: events as they come, calls, the stream, the conversation that is opened."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.widget_units import opened, run

pytestmark = pytest.mark.browser


page = pytest.fixture(scope="module")(opened)


# ---- Server-sent events ----

# A byte order mark, a sign of life, an event of several lines, names without a space or a colon, one without data.
STREAM = (
    "\ufeffid: 1\nevent: message\ndata: {\"text\": \"Grüße, 你好 👋🏽 \u2028!\"}\n\n"
    ": alive\n\n"
    "event: text\nid: 2\ndata: {\ndata:\"delta\": \ndata\ndata: \"a: b\"}\n\n"
    "retry: 5\ndataset: 1\nid: 3\n\n"
    "data: 7\nid\n\n"
    "event: lost\ndata: {}\n"
)  # fmt: skip
EVENTS = [
    {"id": "1", "name": "message", "data": {"text": "Grüße, 你好 👋🏽 \u2028!"}},
    {"id": "2", "name": "text", "data": {"delta": "a: b"}},
    {"id": "", "data": 7},
]
CUT = """
const bytes = new TextEncoder().encode(given);
const read = (pieces) => async () => (pieces.length ? { value: pieces.shift(), done: false } : { done: true });
const whole = JSON.stringify(await all(eventsOf(read([bytes]))));
const wrong = [];
for (let at = 0; at <= bytes.length; at += 1) {
  const events = await all(eventsOf(read([bytes.slice(0, at), bytes.slice(at)])));
  if (JSON.stringify(events) !== whole) wrong.push(at);
}
const single = await all(eventsOf(read(Array.from(bytes, (byte) => Uint8Array.of(byte)))));
return { whole: JSON.parse(whole), single: JSON.parse(JSON.stringify(single)), wrong };
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_stream_cut_anywhere_gives_the_same_events(page: Page, end: str) -> None:
    told = run(page, "eventsOf, all", CUT, STREAM.replace("\n", end))
    assert told == {"whole": EVENTS, "single": EVENTS, "wrong": []}


def test_what_is_no_json_is_told(page: Page) -> None:
    script = """const pieces = [new TextEncoder().encode('data: {}\\n\\ndata: <html>\\n\\n')];
    const read = async () => (pieces.length ? { value: pieces.shift(), done: false } : { done: true });
    const events = eventsOf(read);
    return [(await events.next()).value.data, await failure(events.next())];"""
    data, failed = run(page, "eventsOf, failure", script)
    assert data == {} and failed[0] == "SyntaxError"


# ---- Calls ----

API = "makeApi, makeClock, settle, failure, all"
# `answers` are given in order: a Response, a function of the signal that gives one, or an error.
CALLS = """
const clock = makeClock();
const asked = [];
const answers = [];
const api = makeApi(async (address, told) => {
  asked.push({ address, ...told, body: told.body && JSON.parse(told.body) });
  const answer = answers.shift();
  if (answer instanceof Error) throw answer;
  return typeof answer === 'function' ? answer(told.signal) : answer;
}, clock.timers);
const talk = { conversation: 'c/1', token: 'secret' };
const stop = new AbortController();
const say = (page) => api.turn(talk, { id: 'm?1', kind: 'say', text: 'Hi' }, page, stop.signal);
const json = (body, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers });
// Never answers, and fails as a browser's call does once it is given up.
const silent = (signal) => new Promise((_, reject) => {
  signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
});
// A body that a test writes: {response, tell(text), cut(), wasLeft}.
function body() {
  let at;
  const made = { wasLeft: false };
  const stream = new ReadableStream({ start(controller) { at = controller; }, cancel() { made.wasLeft = true; } });
  return Object.assign(made, {
    answer: (signal) => {
      signal?.addEventListener('abort', () => { made.wasLeft = true; at.error(new DOMException('aborted', 'AbortError')); });
      return new Response(stream);
    },
    tell: (text) => at.enqueue(new TextEncoder().encode(text)),
    cut: () => at.error(new TypeError('network error')),
    end: () => at.close(),
  });
}
"""


def call(page: Page, script: str, given: Any = None) -> Any:
    return run(page, API, CALLS + script, given)


def test_the_token_goes_in_a_header_and_ids_are_written_so_that_they_stay_ids(page: Page) -> None:
    told = call(
        page,
        """for (let at = 0; at < 9; at += 1) answers.push(json({}));
        await api.open({ locale: 'en' });
        await api.thread(talk);
        await api.judge(talk, 'a/b', 'helpful');
        await api.judgeNoMore(talk, 'a/b');
        await api.askPerson(talk);
        await api.waitNoMore(talk);
        await api.seen(talk, 'p');
        await all(say({ url: 'https://shop.example/' }));
        await all(api.turn(talk, { id: 'm', kind: 'cart_add', product_id: 'p', variant_id: null }, undefined, stop.signal));
        for (const value of ['', 'a/b&c']) {
          answers.push(json({}));
          await all(api.turn(talk, { id: 'm&', kind: 'drop', slot: 'brand', value }, undefined, stop.signal));
        }
        answers.push(json({}));
        await all(api.stream(talk, '17', stop.signal));
        return asked.map(({ method, address, headers, body, credentials, cache }) => (
          { line: `${method} ${address}`, headers, body, kind: `${credentials} ${cache}` }
        ));""",
    )
    assert [each["line"] for each in told] == [
        "POST /v1/conversations",
        "GET /v1/conversations/c%2F1",
        "POST /v1/conversations/c%2F1/feedback",
        "DELETE /v1/conversations/c%2F1/feedback/a%2Fb",
        "POST /v1/conversations/c%2F1/handoff",
        "DELETE /v1/conversations/c%2F1/handoff",
        "POST /v1/conversations/c%2F1/actions",
        "POST /v1/conversations/c%2F1/messages",
        "POST /v1/conversations/c%2F1/actions",
        "DELETE /v1/conversations/c%2F1/need/brand?message_id=m%26",
        "DELETE /v1/conversations/c%2F1/need/brand/a%2Fb%26c?message_id=m%26",
        "GET /v1/conversations/c%2F1/stream",
    ]
    assert {each["kind"] for each in told} == {"omit no-store"}
    assert "Authorization" not in told[0]["headers"]
    assert {each["headers"]["Authorization"] for each in told[1:]} == {"Bearer secret"}
    assert "secret" not in " ".join(each["line"] for each in told)
    assert told[11]["headers"]["Last-Event-ID"] == "17"
    assert told[0]["headers"]["Content-Type"] == "application/json" and "Content-Type" not in told[1]["headers"]
    assert [told[at]["body"] for at in (0, 2, 6, 7, 8)] == [
        {"locale": "en"},
        {"message_id": "a/b", "value": "helpful"},
        {"kind": "click", "product_id": "p"},
        {"text": "Hi", "message_id": "m?1", "page": {"url": "https://shop.example/"}},
        {"kind": "cart_add", "product_id": "p", "variant_id": "", "message_id": "m"},
    ]


@pytest.mark.parametrize(
    ("status", "headers", "failed"),
    [
        (429, {"Retry-After": "7"}, ["Later", "later: 7 s"]),
        (503, {"Retry-After": "0.5"}, ["Later", "later: 0.5 s"]),
        (503, {}, ["Later", "later: 5 s"]),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, ["Later", "later: 5 s"]),
        (503, {"Retry-After": "-1"}, ["Later", "later: 5 s"]),
        (429, {"Retry-After": "86400"}, ["Later", "later: 120 s"]),
        (502, {}, ["Unreachable", "status 502"]),
        (504, {}, ["Unreachable", "status 504"]),
        (401, {}, ["Refused", "It is so."]),
        (500, {}, ["Refused", "It is so."]),
    ],
)
def test_what_an_answer_that_is_none_means(page: Page, status: int, headers: dict[str, str], failed: list[str]) -> None:
    told = call(
        page,
        """const refusal = () => json({ detail: 'It is so.', code: 'x' }, ...given);
        answers.push(refusal(), refusal(), new TypeError('Failed to fetch'));
        return [await failure(api.thread(talk)), await failure(all(say())), await failure(api.thread(talk))];""",
        [status, headers],
    )
    assert told == [failed, failed, ["Unreachable", "Failed to fetch"]]


def test_a_refusal_without_words_is_one_all_the_same(page: Page) -> None:
    told = call(
        page,
        """answers.push(new Response('<html>', { status: 500 }));
        try { await api.thread(talk); } catch ({ status, code, message }) { return [status, code, message]; }""",
    )
    assert told == [500, "", ""]


def test_an_answer_that_is_cut_off_is_no_answer(page: Page) -> None:
    told = call(
        page,
        """const [plain, events] = [body(), body()];
        answers.push(plain.answer, events.answer, new Response('{"messages": ['));
        const first = failure(api.thread(talk));
        await settle();
        plain.tell('{"messages": [');
        plain.cut();
        const heard = [];
        const second = failure((async () => { for await (const { data } of say()) heard.push(data); })());
        await settle();
        events.tell('event: text\\ndata: 1\\n\\nevent: text\\nda');
        await settle();
        events.cut();
        const names = [];
        for (const failed of [await first, await second, await failure(api.thread(talk))]) names.push(failed[0]);
        return { names, heard, waits: clock.waits };""",
    )
    assert told == {"names": ["Unreachable"] * 3, "heard": [1], "waits": []}


def test_a_connection_that_has_gone_silent_is_given_up(page: Page) -> None:
    told = call(
        page,
        """const events = body();
        answers.push(silent, silent, events.answer);
        const failed = [];
        const ends = async (promise, wait) => {
          let end = null;
          promise.then((how) => { end = how[0]; });
          await clock.pass(wait - 1);
          failed.push(end);
          await clock.pass(1);
          failed.push(end);
        };
        await ends(failure(api.thread(talk)), 40_000);
        await ends(failure(all(say())), 40_000);
        const heard = failure(all(say()));
        await settle();
        for (let at = 0; at < 3; at += 1) {
          await clock.pass(39_000);
          events.tell(': alive\\n\\n');
          await settle();
        }
        await ends(heard, 40_000);
        return { failed, wasLeft: events.wasLeft, waits: clock.waits };""",
    )
    assert told == {"failed": [None, "Unreachable"] * 3, "wasLeft": True, "waits": []}


def test_a_stop_is_no_loss_of_the_network_and_frees_the_connection(page: Page) -> None:
    told = call(
        page,
        """const events = body();
        answers.push(events.answer);
        const failed = failure(all(say()));
        await settle();
        stop.abort();
        return { failed: (await failed)[0], wasLeft: events.wasLeft, waits: clock.waits };""",
    )
    assert told == {"failed": "AbortError", "wasLeft": True, "waits": []}


def test_who_reads_no_further_frees_the_connection(page: Page) -> None:
    told = call(
        page,
        """const events = body();
        answers.push(events.answer);
        const reading = (async () => { for await (const event of say()) return event.data; })();
        await settle();
        events.tell('data: 1\\n\\ndata: 2\\n\\n');
        return { data: await reading, wasLeft: events.wasLeft, waits: clock.waits };""",
    )
    assert told == {"data": 1, "wasLeft": True, "waits": []}


# ---- Following a conversation ----

FOLLOW = "makeFollow, makeStreams, makeClock, makeChance, settle, Unreachable, Later, Refused"
FOLLOWING = """
const clock = makeClock();
const { stream, opened } = makeStreams();
const heard = [];
const reached = [];
let gone = 0;
let mode = 'always';
const follow = makeFollow({
  stream, wanted: () => mode, on: (event) => heard.push(event.data), reached: (isThere) => reached.push(isThere),
  gone: () => { gone += 1; }, timers: clock.timers, random: () => 0.5,
});
const tell = async (...steps) => { opened.at(-1).tell(...steps); await settle(); };
const places = () => opened.map(({ place }) => place);
const open = () => opened.filter(({ signal }) => !signal.aborted).length;
"""


def follow(page: Page, script: str) -> Any:
    return run(page, FOLLOW, FOLLOWING + script)


def test_it_comes_back_where_it_was(page: Page) -> None:
    told = follow(
        page,
        """follow.begin('5');
        await tell({ id: '6', data: 'a' }, { data: 'b' }, 'end');
        await clock.pass(999);
        const early = places();
        await clock.pass(1);
        await tell({ id: '7', data: 'c' }, new Unreachable(''));
        await clock.pass(1000);
        return { early, places: places(), heard, reached };""",
    )
    assert told == {
        "early": ["5"],
        "places": ["5", "6", "7"],
        "heard": ["a", "b", "c"],
        "reached": [True, True, True, False],
    }


def test_it_tries_ever_later_until_something_comes(page: Page) -> None:
    told = follow(
        page,
        """follow.begin('1');
        await settle();
        const waits = [];
        for (let at = 0; at < 6; at += 1) {
          await tell(new Unreachable(''));
          waits.push(...clock.waits);
          await clock.pass(clock.waits[0]);
        }
        const isBroken = [follow.isBroken];
        await tell({ id: '2', data: 'a' }, new Unreachable(''));
        isBroken.push(follow.isBroken);
        const after = clock.waits;
        follow.begin('1');
        await settle();
        await tell(new Unreachable(''));
        return { waits, after, anew: clock.waits, isBroken };""",
    )
    assert told == {
        "waits": [1000, 2000, 4000, 8000, 16000, 20000],
        "after": [1000],
        "anew": [1000],
        "isBroken": [True, True],
    }


def test_a_shop_without_room_says_when_to_come_back(page: Page) -> None:
    told = follow(
        page,
        """follow.begin('1');
        await settle();
        await tell(new Later(7));
        return { waits: clock.waits, reached, isFollowing: follow.isFollowing };""",
    )
    assert told == {"waits": [7000], "reached": [False], "isFollowing": False}


def test_a_conversation_that_the_shop_does_not_know_is_gone(page: Page) -> None:
    told = follow(
        page,
        """follow.begin('1');
        await settle();
        await tell(new Refused(401, {}));
        const first = { gone, waits: clock.waits };
        follow.begin('1');
        await settle();
        await tell(new Refused(500, {}));
        return { first, gone, waits: clock.waits, reached };""",
    )
    assert told == {"first": {"gone": 1, "waits": []}, "gone": 1, "waits": [8000], "reached": []}


def test_nothing_is_followed_where_nobody_looks_and_at_once_where_somebody_does(page: Page) -> None:
    told = follow(
        page,
        """follow.begin('1');
        await settle();
        follow.update();
        mode = '';
        follow.update();
        const closed = [open(), clock.waits];
        await tell({ id: '9', data: 'late' });
        mode = 'always';
        follow.update();
        follow.update();
        await settle();
        return { closed, count: opened.length, open: open(), heard };""",
    )
    assert told == {"closed": [0, []], "count": 2, "open": 1, "heard": []}


def test_a_hidden_tab_glances_now_and_then(page: Page) -> None:
    told = follow(
        page,
        """mode = 'now and then';
        follow.begin('1');
        await settle();
        const first = clock.waits;
        await clock.pass(1500);
        const between = [open(), ...clock.waits];
        await clock.pass(10_000);
        await tell({ id: '2', data: 'a' });
        const second = [open(), heard.length];
        mode = 'always';
        follow.update();
        await settle();
        return { first, between, second, now: [open(), ...clock.waits], places: places() };""",
    )
    assert told == {
        "first": [1500],
        "between": [0, 10000],
        "second": [1, 1],
        "now": [1],
        "places": ["1", "1", "2"],
    }


def test_another_conversation_ends_the_old_one(page: Page) -> None:
    told = follow(
        page,
        """follow.begin('1');
        await settle();
        follow.begin('1');
        opened[0].tell({ id: '9', data: 'old' });
        await tell({ id: '2', data: 'new' });
        follow.begin('');
        await settle();
        follow.now();
        await clock.pass(60_000);
        return { heard, places: places(), open: open() };""",
    )
    assert told == {"heard": ["new"], "places": ["1", "1"], "open": 0}


def test_each_event_is_heard_once_whatever_is_cut_off(page: Page) -> None:
    script = """const problems = [];
    for (let round = 0; round < 200; round += 1) {
      const { below, random, pick } = makeChance(round);
      const clock = makeClock();
      const heard = [];
      let mode = 'always';
      let count = 0; // events that the shop has
      async function* stream(place, signal) {
        for (let at = Number(place); ;) {
          if (!below(6)) throw pick([new Unreachable(''), new Later(2), new Refused(500, {})]);
          if (!below(8)) return;
          while (at >= count) {
            if (signal.aborted) throw new DOMException('', 'AbortError');
            await settle();
          }
          yield { id: String(++at), data: at };
        }
      }
      const follow = makeFollow({
        stream, wanted: () => mode, on: ({ data }) => heard.push(data), reached() {}, gone: () => problems.push('gone'),
        timers: clock.timers, random,
      });
      follow.begin('0');
      for (let step = 0; step < 25; step += 1) {
        count += below(3);
        mode = pick(['always', 'always', 'now and then', '']);
        pick([() => follow.update(), () => follow.now(), () => {}])();
        await clock.pass(below(3000));
      }
      mode = 'always';
      for (let step = 0; step < 300 && heard.length < count; step += 1) {
        follow.update();
        await clock.pass(20_000);
      }
      follow.begin('');
      const isRight = heard.length === count && heard.every((each, at) => each === at + 1);
      if (!isRight) problems.push(`${round}: ${heard} of ${count}`);
    }
    return problems;"""
    assert run(page, FOLLOW, script) == []


# ---- Which conversation it is ----

TALK = "makeTalk, makeKept, makeStorage, settle, failure, Refused, Unreachable, all"
TALKING = """
const local = makeStorage();
const keep = () => makeKept({
  owner: 'shop', local: () => local, session: () => makeStorage(), now: () => 1000, newId: () => 'id',
});
const log = [];
const names = () => log.map(([name]) => name);
const kept = keep();
const wait = {}; // what an opening waits for
let opened = 0;
let page = {};
const forgotten = new Set(); // conversations
const known = (talk) => { if (forgotten.has(talk.conversation)) throw new Refused(401, {}); return talk.conversation; };
const api = {
  async open(body) {
    const conversation = `c${++opened}`;
    log.push(['open', body]);
    await wait[conversation];
    if (body.shopper?.hash === 'forged') throw new Refused(403, {});
    if (body.shopper?.hash === 'broken') throw new Refused(500, {});
    return { conversation_id: conversation, token: `t${opened}`, status: 'bot', last_event_id: '3' };
  },
  async* turn(talk, entry, told) {
    log.push(['turn', talk.conversation, told ?? null]);
    known(talk);
    yield { name: 'done' };
  },
};
const make = (more) => makeTalk({
  api, kept, locale: 'en', page: () => page, shopper: null, began: (place) => log.push(['began', place]),
  joined: async () => log.push(['joined']), gone: () => { log.push(['gone']); kept.forget(); }, ...more,
});
const ask = async (talk) => known(talk);
const entry = { id: 'm', kind: 'say' };
const stop = new AbortController();
"""


def talk(page: Page, script: str) -> Any:
    return run(page, TALK, TALKING + script)


def test_one_conversation_is_opened_however_many_ask(page: Page) -> None:
    told = talk(
        page,
        """const talk = make();
        const before = talk.isOpen;
        const found = await Promise.all([talk.call(ask), talk.call(ask), all(talk.events(entry, stop.signal))]);
        await talk.call(ask);
        const told = names().filter((name) => name !== 'turn');
        return { before, found: found.slice(0, 2), opened, isOpen: talk.isOpen, names: told };""",
    )
    assert told == {"before": False, "found": ["c1", "c1"], "opened": 1, "isOpen": True, "names": ["open", "began"]}


def test_a_conversation_that_cannot_be_opened_is_tried_anew_the_next_time(page: Page) -> None:
    told = talk(
        page,
        """wait.c1 = Promise.reject(new Unreachable(''));
        const talk = make();
        return [await failure(talk.call(ask)), await talk.call(ask)];""",
    )
    assert told == [["Unreachable", ""], "c2"]


def test_what_another_tab_has_begun_is_joined(page: Page) -> None:
    told = talk(
        page,
        """keep().share({ conversation: 'other', token: 't' });
        const found = await make().call(ask);
        return { found, log };""",
    )
    assert told == {"found": "other", "log": [["joined"]]}


@pytest.mark.parametrize("when", ["before", "while"])
def test_of_two_tabs_that_begin_at_once_one_joins_the_other(page: Page, when: str) -> None:
    told = run(
        page,
        TALK,
        TALKING
        + """let go;
        wait.c1 = new Promise((resolve) => { go = resolve; });
        const other = keep();
        const talk = make();
        if (given === 'before') other.share({ conversation: 'other', token: 't' });
        const asking = talk.call(ask);
        await settle();
        if (given === 'while') other.share({ conversation: 'other', token: 't' });
        go();
        const found = await asking;
        return { found, kept: keep().shared.conversation, told: names().filter((name) => name !== 'open') };""",
        when,
    )
    assert told == {"found": "other", "kept": "other", "told": ["joined"]}


def test_what_the_shop_has_forgotten_is_asked_again_in_a_new_one_and_is_gone_once(page: Page) -> None:
    told = talk(
        page,
        """const talk = make();
        await talk.call(ask);
        forgotten.add('c1');
        let refuse;
        const late = (talk) => (talk.conversation === 'c1'
          ? new Promise((_, reject) => { refuse = () => reject(new Refused(401, {})); }) : talk.conversation);
        const slow = talk.call(late);
        const events = await all(talk.events(entry, stop.signal));
        refuse();
        const found = await slow;
        forgotten.add('c2').add('c3');
        const failed = await failure(talk.call(ask));
        for (const each of ['c4', 'c5', 'c6', 'c7']) forgotten.add(each);
        failed.push(...await failure(all(talk.events(entry, stop.signal))));
        return { events, found, gone: names().filter((name) => name === 'gone').length, opened, failed };""",
    )
    refused = ["Refused", ""]  # the second conversation as well, and no third is opened
    assert told == {"events": [{"name": "done"}], "found": "c2", "gone": 3, "opened": 4, "failed": refused * 2}


def test_other_refusals_are_told(page: Page) -> None:
    told = talk(
        page,
        """const refuse = async () => { throw new Refused(403, { detail: 'No.' }); };
        return [await failure(make().call(refuse)), names().includes('gone')];""",
    )
    assert told == [["Refused", "No."], False]


def test_who_can_not_be_proved_is_a_guest(page: Page) -> None:
    told = talk(
        page,
        """const failed = await failure(make({ shopper: { id: 'mia', hash: 'broken' } }).call(ask));
        await make({ shopper: { id: 'mia', hash: 'forged' } }).call(ask);
        return [failed[0], ...log.filter(([name]) => name === 'open').map(([, body]) => body).slice(1)];""",
    )
    empty = {"url": "", "title": ""}
    assert told == [
        "Refused",  # which says nothing of who it is
        {"locale": "en", "page": empty, "shopper": {"id": "mia", "hash": "forged"}},
        {"locale": "en", "page": empty},
    ]


def test_the_page_is_told_within_the_limits_and_with_each_new_product_once(page: Page) -> None:
    told = talk(
        page,
        """page = { product_id: 'a', url: `https://shop.example/${'x'.repeat(2000)}`, title: '😀'.repeat(300) };
        const talk = make();
        const say = async (kind) => all(talk.events({ id: 'm', kind }, stop.signal));
        await say('say');
        page = { product_id: 'b', url: 'https://shop.example/b', title: 'B' };
        await say('cart_add');
        await say('say');
        await say('say');
        const { url, title, product_id } = log[0][1].page;
        const told = log.filter(([name]) => name === 'turn').map(([, , page]) => page);
        return { first: [url, [...title].length, product_id], told };""",
    )
    other = {"url": "https://shop.example/b", "title": "B", "product_id": "b"}
    assert told == {"first": ["", 200, "a"], "told": [None, other, other, None]}
