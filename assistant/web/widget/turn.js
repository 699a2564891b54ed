// One turn: what the shopper said or pressed goes out, and what comes back is shown as it comes.

import { Unreachable } from './api.js';
import { text } from './texts.js';

const CATCH_UP_MS = 4000;
const SLOW_MS = 8000;
// Two turns of the conversation came together, and the later one went for nothing.
const CHANGED = 'conversation_changed';

export const answerId = (id) => `${id}.answer`;

// The shop says that something went wrong; its words are for the shopper.
export class TurnFailed extends Error {
  constructor({ code, message, retryable }) {
    super(message);
    Object.assign(this, { code, retryable });
  }
}

// `goods` shows what is not a message, `status` who answers; `caughtUp(id, ms)` waits until the stream has told the message
// of this id, `refresh()` reads the whole conversation, `begun(entry)` and `ended(turn)` hear of each that reached the
// shop, and that was answered.
export function makeTurns({ talk, thread, goods, status, scroll, host, timers, caughtUp, refresh, begun, ended }) {
  let current = null; // {entry, bubble, told: names of the events that came, shelf, done, error}

  const shows = {
    products(turn, { cards }) {
      turn.shelf = goods.showShelf(cards, turn.bubble);
      host.tell('products', { products: cards.map((card) => card.product) });
    },
    text(turn, { delta }) {
      if (!turn.bubble) return;
      thread.write(turn.bubble, delta);
    },
    cart: (turn, cart) => goods.showCart(cart),
    need: (turn, need) => goods.showNeed(need),
    suggestions: (turn, { texts }) => goods.suggest(texts),
    status: (turn, { status: now, agent }) => status.show(now, agent),
    done(turn, done) { turn.done = done; },
    error(turn, error) { turn.error = new TurnFailed(error); },
  };

  function begin(entry) {
    thread.dropProblems();
    goods.suggest([]);
    thread.addUnsaved({ id: entry.id, role: 'shopper', text: entry.said }, entry.look);
    const turn = { entry, bubble: null, told: new Set(), shelf: null, done: null, error: null };
    if (!entry.waited) awaitAnswer(turn); // else there are no dots until the shop can be reached
    scroll.toNewest();
    return turn;
  }

  function awaitAnswer(turn) {
    const { id } = turn.entry;
    turn.bubble ??= thread.awaitAnswer(answerId(id), thread.find(id), status.now !== 'human');
  }

  async function read(turn, signal) {
    const { entry } = turn;
    for await (const { id, name, data } of talk.events(entry, signal)) {
      signal.throwIfAborted();
      status.trouble('');
      if (!entry.begun) begun(entry);
      if (!turn.told.size) awaitAnswer(turn);
      turn.told.add(name);
      turn.place = id;
      shows[name]?.(turn, data);
    }
    if (!turn.done && !turn.error) throw new Unreachable('the answer was cut off');
  }

  // What is not in the thread now won't be: where a person has joined meanwhile, they answer.
  function settle({ entry, bubble, shelf, done }) {
    thread.rename(entry.id, done.message_id);
    thread.rename(answerId(entry.id), done.answer_id);
    if (done.answer_id || !bubble) return;
    bubble.remove();
    shelf?.remove();
  }

  // The stream tells what became of an answer that was cut off. If it does not, the message is sent again.
  async function wasAnswered(entry) {
    if (!entry.begun) return false;
    const id = answerId(entry.id);
    if (thread.isSaved(id) || await caughtUp(id, CATCH_UP_MS)) return true;
    return status.now === 'human' && thread.isSaved(entry.id);
  }

  // One try at it.
  async function tried(entry, signal) {
    const turn = begin(entry);
    current = turn;
    const slow = timers.after(SLOW_MS, () => status.trouble(text('slow')));
    try {
      await read(turn, signal);
    } finally {
      timers.cancel(slow);
      if (turn.bubble) thread.endAnswer(turn.bubble);
      current = current === turn ? null : current;
    }
    return turn;
  }

  async function send(entry, signal) {
    if (await wasAnswered(entry)) {
      await refresh();
      return ended({ entry, told: new Set() });
    }
    signal.throwIfAborted();
    const isAgain = entry.begun;
    let turn = await tried(entry, signal);
    if (turn.error?.code === CHANGED) {
      turn.shelf?.remove();
      turn = await tried(entry, signal);
    }
    if (turn.error) throw turn.error;
    settle(turn);
    if (isAgain) await refresh(); // what it did is not told a second time
    return ended(turn);
  }

  return {
    send,
    // What was said so far stays as it is. It may never have got through, and must not go behind later ones.
    stopped(entry, byShopper) {
      const bubble = thread.find(answerId(entry.id));
      if (bubble && byShopper && !bubble.querySelector('.text').textContent) thread.write(bubble, text('stopped'));
      if (bubble) bubble.dataset.stopped = '';
      thread.keepAsItIs(bubble);
      thread.keepAsItIs(thread.find(entry.id));
      if (bubble) thread.endAnswer(bubble);
    },
    isWriting: (id) => current !== null && answerId(current.entry.id) === id,
    get current() { return current; },
  };
}
