"""What one turn of the panel does in a real thread, and what the stream tells beside it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.widget_units import opened, run

pytestmark = pytest.mark.browser

page = pytest.fixture(scope="module")(opened)


# ---- One turn, in a real thread ----

TURN = "makeTurns, makeThread, makeClock, settle, Unreachable, failure"
# `answered` are the events of each try in order, `caught` whether the stream tells the answer; `log` is what became of it.
ONE_TURN = """
const clock = makeClock();
const root = document.createElement('div');
document.body.replaceChildren(root);
const thread = makeThread(root, () => {});
const log = [];
const state = { now: 'bot', caught: false };
const answered = [];
const note = (name) => (...told) => { log.push(told.length ? [name, ...told] : name); };
const goods = {
  showShelf: (cards, behind) => {
    const shelf = Object.assign(document.createElement('section'), { className: 'shelf' });
    thread.putBehind(behind, shelf);
    return shelf;
  },
  showCart: note('cart'), showNeed: note('need'), suggest: note('suggest'),
};
const turns = makeTurns({
  talk: { events: async function* () { yield* answered.shift(); } },
  thread, goods,
  status: { get now() { return state.now; }, show: note('status'), trouble: (told) => { if (told) log.push(told); } },
  scroll: { toNewest() {} },
  timers: clock.timers,
  host: { tell: (name) => log.push(name) },
  caughtUp: async (id) => { log.push(['awaited', id]); return state.caught; },
  refresh: async () => { log.push('refreshed'); },
  begun: (entry) => { entry.begun = true; log.push('begun'); },
  ended: ({ entry }) => log.push(['ended', entry.id]),
});
const event = (name, data = {}) => ({ name, data });
const entry = { id: 'm', kind: 'say', said: 'Hello', look: 'shopper' };
const stop = new AbortController();
const wordsOf = (message) => message.querySelector('.text')?.textContent ?? '';
const seen = () => [...root.children].map((each) => [each.className, each.dataset.id ?? '', wordsOf(each)]);
const names = () => log.filter((each) => each[0] !== 'suggest').map((each) => (Array.isArray(each) ? each.join(' ') : each));
"""


def turn(page: Page, script: str) -> dict[str, object]:
    return run(page, TURN, ONE_TURN + script)


def test_an_answer_takes_the_ids_under_which_it_is_saved(page: Page) -> None:
    told = turn(
        page,
        """answered.push([
          event('products', { cards: [{ product: { id: 'p' } }] }), event('text', { delta: 'Here ' }),
          event('text', { delta: 'it is.' }), event('news of a later version'),
          event('done', { message_id: '7', answer_id: '8' }),
        ]);
        await turns.send(entry, stop.signal);
        const [busy, dots] = [root.querySelector('.assistant').ariaBusy, root.querySelectorAll('.dots').length];
        return { names: names(), seen: seen(), busy, dots, current: turns.current };""",
    )
    assert told["names"] == ["begun", "products", "ended m"]
    assert told["seen"] == [["message shopper", "7", "Hello"], ["message assistant", "8", "Here it is."], ["shelf", "", ""]]
    assert (told["busy"], told["dots"], told["current"]) == ("false", 0, None)


def test_what_is_cut_off_is_no_answer_and_is_asked_of_the_stream_before_it_is_sent_again(page: Page) -> None:
    told = turn(
        page,
        """answered.push([event('text', { delta: 'Here' })], [event('text', { delta: 'Again' }), event('done', {})]);
        const first = await failure(turns.send(entry, stop.signal));
        const kept = seen();
        await turns.send(entry, stop.signal);
        return { first, kept, names: names() };""",
    )
    assert told["first"] == ["Unreachable", "the answer was cut off"]
    assert told["kept"] == [["message shopper", "m", "Hello"], ["message assistant", "m.answer", "Here"]]
    assert told["names"] == ["begun", "awaited m.answer", "refreshed", "ended m"]


def test_what_the_stream_tells_is_not_sent_again(page: Page) -> None:
    told = turn(
        page,
        """state.caught = true;
        entry.begun = true;
        await turns.send(entry, stop.signal);
        return names();""",
    )
    assert told == ["awaited m.answer", "refreshed", "ended m"]


def test_what_the_shop_says_went_wrong_is_told_in_its_words(page: Page) -> None:
    told = turn(
        page,
        """answered.push([event('error', { message: 'Please try again.', retryable: true })]);
        const failed = await failure(turns.send(entry, stop.signal));
        return { failed, seen: seen(), names: names() };""",
    )
    assert told["failed"] == ["TurnFailed", "Please try again."]
    assert told["seen"] == [["message shopper", "m", "Hello"]]  # no empty bubble is left
    assert told["names"] == ["begun"]


def test_what_another_turn_took_the_place_of_is_said_again_once(page: Page) -> None:
    told = turn(
        page,
        """const changed = () => event('error', { code: 'conversation_changed', message: 'Please try again.' });
        answered.push([event('products', { cards: [] }), changed()]);
        answered.push([event('text', { delta: 'Here.' }), event('done', { message_id: 'm', answer_id: 'm.answer' })]);
        await turns.send({ ...entry }, stop.signal);
        const once = { seen: seen(), names: names() };
        answered.push([changed()], [changed()]);
        const failed = await failure(turns.send({ ...entry, id: 'n' }, stop.signal));
        return { ...once, failed, left: answered.length };""",
    )
    assert told["seen"] == [["message shopper", "m", "Hello"], ["message assistant", "m.answer", "Here."]]
    assert told["names"] == ["begun", "products", "ended m"]
    assert (told["failed"], told["left"]) == (["TurnFailed", "Please try again."], 0)


def test_an_answer_that_takes_long_is_told_to_do_so(page: Page) -> None:
    told = turn(
        page,
        """let go;
        const later = new Promise((resolve) => { go = resolve; });
        answered.push((async function* () { await later; yield event('done', { message_id: 'm' }); })());
        const sent = turns.send(entry, stop.signal);
        await settle();
        await clock.pass(7_900);
        const before = names();
        await clock.pass(200);
        const after = names();
        go();
        await sent;
        return { before, after, waits: clock.waits };""",
    )
    assert told["before"] == []
    assert told["after"] == ["The shop is taking a little longer than usual. Hold on…"]
    assert told["waits"] == []


def test_where_a_person_has_joined_meanwhile_nothing_of_the_answer_stays(page: Page) -> None:
    told = turn(
        page,
        """answered.push([
          event('products', { cards: [] }), event('text', { delta: 'Here' }), event('done', { message_id: 'm' }),
        ]);
        await turns.send(entry, stop.signal);
        return seen();""",
    )
    assert told == [["message shopper", "m", "Hello"]]


def test_with_a_person_no_answer_is_expected(page: Page) -> None:
    told = turn(
        page,
        """state.now = 'human';
        let during;
        answered.push((async function* () {
          yield event('status', { status: 'human' });
          yield event('text', { delta: 'Here' });
          during = seen();
          yield event('done');
        })());
        await turns.send(entry, stop.signal);
        return [during, seen()];""",
    )
    assert told == [[["message shopper", "m", "Hello"]]] * 2


def test_a_stop_ends_the_answer_and_keeps_what_was_said(page: Page) -> None:
    told = turn(
        page,
        """answered.push((async function* () {
          yield event('status', { status: 'bot' });
          yield event('text', { delta: 'Here' });
          stop.abort();
          yield event('text', { delta: ' and more' });
        })());
        const sending = failure(turns.send(entry, stop.signal));
        await settle();
        turns.stopped(entry, true);
        const [name] = await sending;
        thread.takeSaved({ id: 'm.answer', role: 'assistant', text: 'All of it.' });
        return { name, seen: seen(), current: turns.current };""",
    )
    assert told["name"] == "AbortError"
    assert told["seen"] == [["message shopper", "m", "Hello"], ["message assistant", "m.answer", "Here"]]
    assert told["current"] is None


def test_a_long_thread_is_shown_in_time_that_grows_with_its_length(page: Page) -> None:
    times = run(
        page,
        "makeThread",
        """const took = (count) => {
          const root = document.createElement('div');
          document.body.replaceChildren(root);
          const thread = makeThread(root, () => {});
          const role = (at) => (at % 2 ? 'assistant' : 'shopper');
          const lines = Array.from({ length: count }, (_, at) => ({ id: `m${at}`, role: role(at), text: `Words ${at}` }));
          const began = performance.now();
          thread.restore(lines);
          lines.forEach((line) => thread.takeSaved(line));
          if (root.children.length !== count) throw new Error(`${root.children.length} of ${count}`);
          return performance.now() - began;
        };
        took(100);
        return [500, 1000, 2000].map(took);""",
    )
    assert times[2] < 1000


# ---- What the stream tells ----

# `log` is what is shown; `stream(version, ...)` tells a version of the conversation as the server does.
NEWS = """
const log = [];
const kept = { shared: { conversation: 'c', read: '', unread: 0 }, share(change) { Object.assign(this.shared, change); } };
const news = makeNews({
  thread: { newestSaved: '', isSaved: () => false }, kept,
  goods: {
    showShelf: (cards) => log.push(['shelf', cards]), showCart: (cart) => log.push(['cart', cart]),
    showNeed: (need) => log.push(['need', need]),
  },
  status: { show: (now) => log.push(['status', now]) },
  scroll: {}, host: { send() {}, tell() {} }, isWriting: () => false, isRead: () => true,
});
const whole = (shelf) => [['products', { cards: shelf }], ['need', shelf]];
function stream(version, events, status = 'bot', turn = null) {
  for (const [name, data] of events) news.take({ id: `${version - 1}.2`, name, data }, turn);
  news.take({ id: `${version}.2`, name: 'status', data: { status } }, turn);
}
"""


def test_a_version_of_before_the_turn_undoes_nothing(page: Page) -> None:
    told = run(
        page,
        "makeNews",
        NEWS
        + """news.toldUpTo('8.4.6');
        stream(7, whole('old'), 'pending');
        const afterOld = log.splice(0);
        stream(8, whole('same'));
        stream(9, whole('new'), 'human');
        const afterNew = log.splice(0);
        kept.shared.conversation = 'another';
        stream(1, whole('first'));
        return { afterOld, afterNew, another: log };""",
    )
    assert told["afterOld"] == []
    assert told["afterNew"] == [
        ["shelf", "same"], ["need", "same"], ["status", "bot"], ["shelf", "new"], ["need", "new"], ["status", "human"],
    ]  # fmt: skip
    assert told["another"] == [["shelf", "first"], ["need", "first"], ["status", "bot"]]


def test_what_comes_during_a_turn_is_shown_after_it_if_the_turn_does_not_tell_it(page: Page) -> None:
    told = run(
        page,
        "makeNews",
        NEWS
        + """stream(6, whole('agent'), 'human', {});
        const during = log.splice(0);
        news.toldUpTo('8.4.6');
        news.catchUp(new Set(['need']));
        news.catchUp(new Set());
        return { during, after: log };""",
    )
    assert told == {"during": [["status", "human"]], "after": [["shelf", "agent"]]}
