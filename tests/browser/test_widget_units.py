"""What the panel's modules do by themselves: sending, keeping, the shop's cart, the page's messages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.widget_units import opened, run

pytestmark = pytest.mark.browser


page = pytest.fixture(scope="module")(opened)


# ---- The outbox ----

OUTBOX = "makeOutbox, makeClock, settle, Unreachable, Later, Refused"
# An outbox over a server that a test commands: `asked` has each try, which `end(error?)` ends.
SENDING = """
const clock = makeClock();
const heard = [];
const asked = [];
let saved = [];
const outbox = makeOutbox({
  send: (entry, signal) => new Promise((resolve, reject) => {
    asked.push({ id: entry.id, signal, end: async (error) => { error ? reject(error) : resolve(); await settle(); } });
  }),
  changed: (entry, state) => heard.push(`${entry.id} ${state}`),
  save: (entries) => { saved = entries.map(({ id }) => id); },
  timers: clock.timers,
  random: () => 0.5,
});
const ids = () => asked.map(({ id }) => id);
"""


def send(page: Page, script: str) -> object:
    return run(page, OUTBOX, SENDING + script)


def test_what_was_left_goes_out_one_after_the_other_once_it_is_opened(page: Page) -> None:
    told = send(
        page,
        """outbox.fill([{ id: 'a' }, { id: 'b' }]);
        await settle();
        const before = ids();
        outbox.open();
        await settle();
        const first = ids();
        await asked[0].end();
        const second = [...ids(), ...saved];
        await asked[1].end();
        return { before, first, second, saved, heard };""",
    )
    assert told == {
        "before": [],
        "first": ["a"],
        "second": ["a", "b", "b"],
        "saved": [],
        "heard": ["a queued", "b queued", "a running", "a sent", "b running", "b sent"],
    }


def test_the_next_word_takes_the_place_of_the_one_being_answered(page: Page) -> None:
    told = send(
        page,
        """outbox.open();
        outbox.add({ id: 'a' });
        outbox.add({ id: 'b' });
        await asked[0].end(new Error('late'));
        return { ids: ids(), aborted: asked.map(({ signal }) => signal.aborted), saved, heard };""",
    )
    assert told == {
        "ids": ["a", "b"],
        "aborted": [True, False],
        "saved": ["b"],
        "heard": ["a queued", "a running", "a stopped", "b queued", "b running"],
    }


def test_it_tries_again_ever_later_and_begins_anew_after_an_answer(page: Page) -> None:
    told = send(
        page,
        """outbox.open();
        outbox.add({ id: 'a' });
        const waits = [];
        for (let at = 0; at < 7; at += 1) {
          await asked.at(-1).end(new Unreachable(''));
          waits.push(...clock.waits);
          await clock.pass(clock.waits[0]);
        }
        await asked.at(-1).end();
        outbox.add({ id: 'b' });
        await asked.at(-1).end(new Unreachable(''));
        return [...waits, ...clock.waits];""",
    )
    assert told == [1000, 2000, 4000, 8000, 16000, 20000, 20000, 1000]


def test_not_all_browsers_come_back_in_the_same_moment(page: Page) -> None:
    assert run(page, "backOff", "return [0, 0.999].map((random) => Math.round(backOff(1, () => random)));") == [750, 1250]


def test_a_shop_without_room_says_when(page: Page) -> None:
    told = send(
        page,
        """outbox.open();
        outbox.add({ id: 'a' });
        await asked[0].end(new Later(7));
        outbox.add({ id: 'b' });
        await clock.pass(6999);
        const before = ids();
        await clock.pass(1);
        return { before, after: ids(), heard };""",
    )
    assert told == {
        "before": ["a"],
        "after": ["a", "a"],
        "heard": ["a queued", "a running", "a busy", "b queued", "a running"],
    }


def test_a_network_that_is_back_is_used_at_once_and_once(page: Page) -> None:
    told = send(
        page,
        """outbox.open();
        outbox.wake();
        outbox.add({ id: 'a' });
        await asked[0].end(new Unreachable(''));
        outbox.wake();
        outbox.wake();
        const again = ids();
        await asked[1].end(new Unreachable(''));
        return { again, waits: clock.waits };""",
    )
    assert told == {"again": ["a", "a"], "waits": [2000]}


def test_what_fails_lets_the_others_by_and_is_sent_again_when_asked(page: Page) -> None:
    told = send(
        page,
        """outbox.open();
        outbox.add({ id: 'a' });
        await asked[0].end(new Refused(500, {}));
        outbox.add({ id: 'b' });
        await asked[1].end();
        const kept = saved;
        outbox.retry('nothing');
        outbox.retry('a');
        await asked[2].end();
        return { ids: ids(), kept, saved };""",
    )
    assert told == {"ids": ["a", "b", "a"], "kept": ["a"], "saved": []}


def test_the_shopper_may_give_up_an_answer_that_was_cut_off_but_not_what_was_not_sent(page: Page) -> None:
    told = send(
        page,
        """outbox.open();
        outbox.add({ id: 'a', begun: true });
        await asked[0].end(new Unreachable(''));
        outbox.add({ id: 'b' });
        outbox.stop(true);
        await asked[1].end(new Unreachable(''));
        outbox.stop(true);
        return { ids: ids(), saved, stopped: heard.filter((each) => each.endsWith('stopped')) };""",
    )
    assert told == {"ids": ["a", "b"], "saved": ["b"], "stopped": ["a stopped"]}


def test_what_waited_behind_an_answer_that_is_stopped_is_sent(page: Page) -> None:
    told = send(
        page,
        """outbox.fill([{ id: 'a' }, { id: 'b' }]);
        outbox.open();
        outbox.stop(true);
        return { ids: ids(), saved };""",
    )
    assert told == {"ids": ["a", "b"], "saved": ["b"]}


def test_what_is_paused_is_begun_once_more(page: Page) -> None:
    told = send(
        page,
        """outbox.open();
        outbox.add({ id: 'a' });
        outbox.pause();
        await asked[0].end();
        const between = [...saved];
        outbox.open();
        await asked[1].end();
        return { between, ids: ids(), saved, aborted: asked[0].signal.aborted };""",
    )
    assert told == {"between": ["a"], "ids": ["a", "a"], "saved": [], "aborted": True}


def test_what_is_said_after_all_that_waited_was_dropped_is_sent(page: Page) -> None:
    told = send(
        page,
        """outbox.open();
        outbox.add({ id: 'a' });
        await asked[0].end(new Unreachable(''));
        outbox.drop(outbox.entries[0]);
        await clock.pass(60_000);
        outbox.add({ id: 'b' });
        return { ids: ids(), isWaiting: outbox.isWaiting };""",
    )
    assert told == {"ids": ["a", "b"], "isWaiting": False}


CHANCES = """
const problems = [];
for (let round = 0; round < 300; round += 1) {
  const { random, below, pick } = makeChance(round);
  const clock = makeClock();
  const storage = { local: makeStorage(), session: makeStorage() };
  const received = []; // as the shop counts them: each id once
  const answered = new Set();
  const given = [];
  const givenUp = new Set();
  const failed = new Set();
  let kept;
  let outbox;
  let tries = []; // of this page; those of a page that is gone come to nothing
  let last = 0;

  function open() {
    tries = [];
    const mine = tries;
    const isHere = () => mine === tries;
    kept = makeKept({
      owner: 'shop', now: clock.now, newId: () => `tab${round}`, local: () => storage.local, session: () => storage.session,
    });
    outbox = makeOutbox({
      send: (entry, signal) => new Promise((resolve, reject) => {
        if (mine.some((each) => !each.isOver && !each.signal.aborted)) problems.push(`${round}: two at once`);
        if (answered.has(entry.id)) problems.push(`${round}: ${entry.id} after it was answered`);
        mine.push({ entry, signal, resolve, reject, isOver: false });
      }),
      changed(entry, state) {
        if (!isHere()) return;
        if (state === 'sent') answered.add(entry.id);
        if (state === 'stopped') givenUp.add(entry.id);
        if (state === 'failed') failed.add(entry.id);
      },
      save: (queue) => isHere() && kept.note({ queue }),
      timers: { ...clock.timers, after: (wait, act) => clock.timers.after(wait, () => isHere() && act()) },
      random,
    });
    outbox.fill(kept.tab.queue);
    outbox.open();
  }

  function answer(ends) {
    const one = tries.find((each) => !each.isOver);
    if (!one) return;
    one.isOver = true;
    if (one.signal.aborted) return one.reject(new DOMException('', 'AbortError'));
    const end = pick(ends);
    if (end === 'answered' || end === 'cut off') {
      if (!received.includes(one.entry.id)) received.push(one.entry.id);
      one.entry.begun = true;
    }
    if (end === 'answered') one.resolve();
    else if (end === 'busy') one.reject(new Later(1 + below(9)));
    else if (end === 'refused') one.reject(new Refused(500, {}));
    else one.reject(new Unreachable('')); // 'lost' on the way there, or 'cut off' on the way back
  }

  const steps = {
    say() { given.push(`m${++last}`); outbox.add({ id: `m${last}` }); },
    answer: () => answer(['answered', 'answered', 'lost', 'cut off', 'busy', 'refused']),
    pass: () => clock.pass(below(30_000)),
    reload: () => open(),
    stop: () => outbox.stop(true),
    again: () => outbox.entries.filter((entry) => entry.failed).slice(0, 1).forEach(({ id }) => outbox.retry(id)),
    pause() { outbox.pause(); outbox.open(); },
    wake: () => outbox.wake(),
  };
  const often = [...Object.keys(steps), 'say', 'answer', 'answer', 'answer', 'pass'];
  open();
  for (let step = 0; step < 40; step += 1) {
    await steps[pick(often)]();
    await Promise.resolve();
  }
  for (let step = 0; step < 200 && outbox.entries.length; step += 1) {
    steps.again();
    answer(['answered']);
    await clock.pass(150_000);
  }
  const expected = given.filter((id) => !givenUp.has(id));
  const missing = expected.filter((id) => !received.includes(id) || !answered.has(id));
  if (missing.length) problems.push(`${round}: lost ${missing}`);
  const inOrder = received.filter((id) => !failed.has(id) && !givenUp.has(id));
  const sorted = [...inOrder].sort((a, b) => a.slice(1) - b.slice(1));
  if (String(inOrder) !== String(sorted)) problems.push(`${round}: order ${inOrder}`);
  if (kept.tab.queue.length || Object.keys(storage.local).length) problems.push(`${round}: something is left`);
}
return problems;
"""


def test_nothing_is_lost_doubled_or_out_of_order_whatever_happens(page: Page) -> None:
    names = "makeOutbox, makeKept, makeClock, makeStorage, makeChance, Unreachable, Later, Refused"
    assert run(page, names, CHANCES) == []


# ---- What the browser remembers ----

KEPT = "makeKept, makeClock, makeStorage"
# `tab()` opens one more tab of the shop in the same browser, or the same again with its session storage.
BROWSER = """
const clock = makeClock();
const local = makeStorage();
let ids = 0;
const tab = (session = makeStorage(), owner = 'https://shop.example mia') => makeKept({
  owner, local: () => local, session: () => session, now: clock.now, newId: () => `id${++ids}`,
});
const WEEK = 7 * 24 * 3600 * 1000;
"""


def keep(page: Page, script: str) -> object:
    return run(page, KEPT, BROWSER + script)


def test_a_conversation_is_remembered_for_a_week_after_its_last_use(page: Page) -> None:
    told = keep(
        page,
        """tab().share({ conversation: 'c', token: 't' });
        await clock.pass(WEEK - 1);
        const kept = tab().shared.token;
        tab().share({});
        await clock.pass(WEEK - 1);
        const longer = tab().shared.token;
        await clock.pass(1);
        return [kept, longer, tab().shared.token];""",
    )
    assert told == ["t", "t", ""]


def test_another_shop_or_shopper_has_a_conversation_of_their_own(page: Page) -> None:
    told = keep(
        page,
        """tab().share({ conversation: 'c', token: 't' });
        return tab(makeStorage(), 'https://shop.example bob').shared.conversation;""",
    )
    assert told == ""


def test_tabs_share_the_conversation_and_not_the_draft(page: Page) -> None:
    told = keep(
        page,
        """const [one, two] = [tab(), tab()];
        one.share({ conversation: 'c', token: 't' });
        one.note({ draft: 'what is' });
        const isAnother = [two.refresh(), two.refresh()];
        two.share({ unread: 3 });
        return { isAnother, unread: one.latest().unread, token: two.shared.token, draft: two.tab.draft };""",
    )
    assert told == {"isAnother": [True, False], "unread": 3, "token": "t", "draft": ""}


def test_news_of_an_old_conversation_are_not_written_over_a_new_one(page: Page) -> None:
    told = keep(
        page,
        """const [one, two] = [tab(), tab()];
        one.share({ conversation: 'old' });
        two.refresh();
        two.forget();
        two.share({ conversation: 'new', token: 'n' });
        one.share({ status: 'human' });
        const before = one.shared.conversation;
        one.forget();
        return { before, latest: tab().shared, isAnother: one.refresh() };""",
    )
    assert told["before"] == "old"
    assert (told["latest"]["conversation"], told["latest"]["status"]) == ("new", "bot")
    assert told["isAnother"] is True


def test_a_reload_keeps_the_tabs_own(page: Page) -> None:
    told = keep(
        page,
        """const session = makeStorage();
        tab(session).note({ draft: 'what is', queue: [{ id: 'a' }], owes: true });
        const again = tab(session).tab;
        tab(session).note({ draft: '', queue: [], owes: false });
        return { again, left: Object.keys(local) };""",
    )
    assert {**told["again"], "touched": 0} == {"draft": "what is", "queue": [{"id": "a"}], "owes": True, "touched": 0}
    assert told["left"] == []


def test_what_a_closed_tab_left_is_taken_over_once_it_is_silent(page: Page) -> None:
    told = keep(
        page,
        """tab().note({ draft: 'old', queue: [{ id: 'a' }], owes: true });
        const early = tab().tab.queue.length;
        await clock.pass(119_999);
        const alive = tab().tab.queue.length;
        await clock.pass(1);
        const session = makeStorage();
        const { queue, draft, owes } = tab(session).tab;
        const [second, reloaded] = [tab().tab.queue.length, tab(session).tab.queue.length];
        return { early, alive, queue, draft, owes, second, reloaded };""",
    )
    assert told == {
        "early": 0,
        "alive": 0,
        "queue": [{"id": "a"}],
        "draft": "old",
        "owes": True,
        "second": 0,
        "reloaded": 1,
    }


def test_what_was_left_a_week_ago_is_thrown_away(page: Page) -> None:
    told = keep(
        page,
        """tab().note({ queue: [{ id: 'a' }] });
        await clock.pass(WEEK);
        return { queue: tab().tab.queue, left: Object.keys(local) };""",
    )
    assert told == {"queue": [], "left": []}


def test_where_storage_is_blocked_it_is_remembered_until_the_page_goes(page: Page) -> None:
    told = run(
        page,
        KEPT,
        """const blocked = () => { throw new DOMException('', 'SecurityError'); };
        const clock = makeClock();
        const kept = makeKept({ owner: 'shop', local: blocked, session: blocked, now: clock.now, newId: () => 'id' });
        kept.share({ conversation: 'c', token: 't' });
        kept.share({ unread: 2 });
        kept.note({ queue: [{ id: 'a' }] });
        const { conversation, token, unread } = kept.latest();
        const isAnother = kept.refresh();
        kept.forget();
        return { conversation, token, unread, isAnother, queue: kept.tab.queue, after: kept.shared.conversation };""",
    )
    assert told == {
        "conversation": "c",
        "token": "t",
        "unread": 2,
        "isAnother": False,
        "queue": [{"id": "a"}],
        "after": "",
    }


def test_what_finds_no_room_is_not_taken_back(page: Page) -> None:
    told = keep(
        page,
        """const kept = tab();
        kept.share({ conversation: 'c', token: 't' });
        local.limit(1);
        kept.share({ told: { kettle: 1 } });
        kept.share({ status: 'human' });
        kept.note({ draft: 'what is' });
        const full = [kept.latest().told, kept.refresh(), kept.shared.told, kept.tab.draft];
        local.limit(Infinity);
        kept.share({ unread: 1 });
        return [...full, tab().shared.told, tab().shared.status];""",
    )
    assert told == [{"kettle": 1}, False, {"kettle": 1}, "what is", {"kettle": 1}, "human"]


RECENT = '{"touched": 1700000000000}'


@pytest.mark.parametrize(
    "garbage", ["", "{", "null", "7", '"text"', "[]", "{}", '{"queue": 5}', RECENT, '{"queue": 5, ' + RECENT[1:]]
)
def test_garbage_in_storage_is_nothing(page: Page, garbage: str) -> None:
    told = run(
        page,
        KEPT,
        BROWSER
        + """const session = makeStorage();
        tab(session).note({ draft: 'x' });
        const mine = Object.keys(local)[0];
        for (const name of ['shelfwise https://shop.example mia', mine, `${mine} other`]) local[name] = given;
        await clock.pass(200_000);
        const kept = tab(session);
        return [kept.shared.conversation, kept.tab.queue, kept.tab.draft];""",
        garbage,
    )
    assert told == ["", [], ""]


def test_only_news_of_this_conversation_are_heard(page: Page) -> None:
    name = "shelfwise https://shop.example mia"
    told = run(
        page, KEPT, BROWSER + "return given.map((key) => tab().isOurs({ key }));", [name, None, f"{name} tab id1", "other"]
    )
    assert told == [True, True, False, False]


# ---- The shop's own cart ----

CARTS = """
const problems = [];
for (let round = 0; round < 300; round += 1) {
  const { below, pick } = makeChance(round);
  const shop = {}; // the shop's own cart, which does as it is told
  let told = {};
  const ask = async (name, { product_id, variant_id, quantity, price }) => {
    if (!(quantity > 0) || !Number.isInteger(quantity)) problems.push(`${round}: ${quantity} of ${product_id}`);
    if (Math.abs(price - 12.5) > 1e-9) problems.push(`${round}: at ${price}`);
    const key = `${product_id} ${variant_id}`;
    shop[key] = (shop[key] ?? 0) + (name === 'addtocart' ? quantity : -quantity);
    if (!shop[key]) delete shop[key];
    return { ok: true };
  };
  const basket = makeBasket({ told: () => told, keep: (now) => { told = JSON.parse(JSON.stringify(now)); }, ask });
  for (let step = 0; step < 4; step += 1) {
    const lines = [];
    for (const product_id of ['a', 'b', 'c'].filter(() => below(2))) {
      for (const variant_id of pick([[undefined], ['red'], ['red', 'blue']])) {
        const quantity = 1 + below(4);
        lines.push({ product_id, variant_id, title: product_id, quantity, total: quantity * 12.5, is_undecided: !below(5) });
      }
    }
    basket.settle({ lines, currency: 'USD' });
    await settle();
    const bought = lines.filter((line) => !line.is_undecided);
    const keyOf = (line) => `${line.product_id} ${line.variant_id ?? ''}`;
    const expected = Object.fromEntries(bought.map((line) => [keyOf(line), line.quantity]));
    const sorted = (cart) => JSON.stringify(Object.entries(cart).sort());
    if (sorted(shop) !== sorted(expected)) problems.push(`${round}: ${sorted(shop)} for ${sorted(expected)}`);
  }
}
return problems;
"""


def test_the_shops_cart_holds_what_the_assistants_does(page: Page) -> None:
    assert run(page, "makeBasket, makeChance, settle", CARTS) == []


def test_it_is_remembered_before_it_is_told_and_a_refusal_can_be_tried_again(page: Page) -> None:
    told = run(
        page,
        "makeBasket, settle",
        """const log = [];
        let answer = { ok: false, problem: 'Sold out.' };
        let again;
        const basket = makeBasket({
          told: () => ({}),
          keep: () => log.push('kept'),
          ask: async (name, { title, price, currency }) => { log.push([name, title, price, currency]); return answer; },
          refused: (problem, tryAgain) => { log.push(problem); again = tryAgain; },
        });
        basket.settle({ currency: 'EUR', lines: [{ product_id: 'a', title: 'A', quantity: 3, total: 10 }] });
        await settle();
        answer = { ok: true };
        await again();
        basket.settle({ currency: 'EUR', lines: [] });
        return log;""",
    )
    asked = ["addtocart", "A", 3.3333, "EUR"]
    assert told == ["kept", asked, "Sold out.", asked]


# ---- Messages with the shop's page ----


def test_only_the_parent_of_that_origin_is_heard_and_each_call_is_answered_once(page: Page) -> None:
    told = run(
        page,
        "makeHost, settle",
        """const sent = [];
        let hear;
        const parent = { postMessage: (...told) => sent.push(told) };
        const panel = { parent, addEventListener: (name, act) => { hear = act; } };
        const heard = [];
        const host = makeHost(panel, 'https://shop.example', { say: ({ text }) => heard.push(text) });
        const message = { shelfwise: 1, type: 'say', text: 'forged' };
        for (const event of [
          { source: panel, origin: 'https://shop.example', data: message },
          { source: parent, origin: 'https://shop.example.evil.example', data: message },
          { source: parent, origin: 'null', data: message },
          { source: parent, origin: 'https://shop.example', data: null },
          { source: parent, origin: 'https://shop.example', data: { ...message, shelfwise: true } },
          { source: parent, origin: 'https://shop.example', data: { ...message, type: '__defineGetter__' } },
          { source: parent, origin: 'https://shop.example', data: { ...message, type: 'answer', call: 99 } },
          { source: parent, origin: 'https://shop.example', data: { ...message, text: 'heard' } },
        ]) hear(event);
        const answers = [];
        host.ask('addtocart', { id: 1 }).then((answer) => answers.push(answer));
        host.ask('addtocart', { id: 2 }).then((answer) => answers.push(answer));
        host.tell('message', { text: 'x' });
        const answer = (call, ok, problem) => hear({
          source: parent, origin: 'https://shop.example', data: { shelfwise: 1, type: 'answer', call, ok, problem },
        });
        answer(2, 'yes', 'No room.');
        answer(1, true);
        answer(1, false);
        await settle();
        return { heard, answers, sent };""",
    )
    event = {"shelfwise": 1, "type": "event", "name": "addtocart"}
    assert told == {
        "heard": ["heard"],
        "answers": [{"ok": False, "problem": "No room."}, {"ok": True, "problem": ""}],
        "sent": [
            [{**event, "detail": {"id": 1}, "call": 1}, "https://shop.example"],
            [{**event, "detail": {"id": 2}, "call": 2}, "https://shop.example"],
            [{**event, "name": "message", "detail": {"text": "x"}}, "https://shop.example"],
        ],
    }
