// What stands around the panel's modules in their own tests: a clock, a storage, streams and chance that a test commands.

// Lets everything go on that waits for nothing but its turn.
export function settle() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

export function makeClock() {
  let now = 1_700_000_000_000;
  let last = 0;
  const waiting = new Map();
  const nextBefore = (end) => [...waiting].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
  return {
    now: () => now,
    timers: {
      after(wait, act) {
        waiting.set(++last, { at: now + wait, act });
        return last;
      },
      cancel: (timer) => waiting.delete(timer),
    },
    // How long until each timer, the next one first.
    get waits() { return [...waiting.values()].map(({ at }) => at - now).sort((a, b) => a - b); },
    async pass(milliseconds) {
      const end = now + milliseconds;
      for (let due = nextBefore(end); due; due = nextBefore(end)) {
        const [timer, { at, act }] = due;
        waiting.delete(timer);
        now = at;
        act();
        await settle();
      }
      now = end;
      await settle();
    },
  };
}

// As browsers' own: what is stored are its properties. `room` is how many characters fit.
class Storage {
  #room;

  constructor(room) { this.#room = room; }

  getItem(name) { return Object.hasOwn(this, name) ? this[name] : null; }

  setItem(name, value) {
    const others = Object.entries(this).filter(([known]) => known !== name);
    const taken = [...others, [name, value]].flat().join('').length;
    if (taken > this.#room) throw new DOMException('full', 'QuotaExceededError');
    this[name] = String(value);
  }

  removeItem(name) { delete this[name]; }

  limit(room) { this.#room = room; }
}

export const makeStorage = (room = Infinity) => new Storage(room);

// A number from 0 to 1 at each call, the same ones for the same seed.
export function makeChance(seed) {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { random, below: (end) => Math.floor(random() * end), pick: (all) => all[Math.floor(random() * all.length)] };
}

// Events that a test sends one by one; `opened` has each stream that was asked for.
export function makeStreams() {
  const opened = [];
  async function* stream(place, signal) {
    const told = [];
    const one = { place, signal, tell: (...steps) => { told.push(...steps); one.wake(); }, wake() { /* nobody waits */ } };
    opened.push(one);
    signal.addEventListener('abort', () => one.tell(new DOMException('', 'AbortError')));
    for (;;) {
      while (!told.length) await new Promise((resolve) => { one.wake = resolve; });
      const step = told.shift();
      if (step instanceof Error) throw step;
      if (step === 'end') return;
      yield step;
    }
  }
  return { stream, opened };
}

// The error with which a promise fails, as [its class, its message].
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return [error.constructor.name === 'DOMException' ? error.name : error.constructor.name, error.message];
  }
  return null;
}

// What an asynchronous generator gives.
export async function all(events) {
  const found = [];
  for await (const event of events) found.push(event);
  return found;
}
