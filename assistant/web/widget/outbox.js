// Sends what the shopper says and presses, one after the other: in order, each counted once, none lost. What can't be sent
// now waits. Knows nothing of the page and of the network: `send(entry, signal)` sends and ends when it is answered.

import { Later, Unreachable } from './api.js';

const FIRST_MS = 1000;
const LONGEST_MS = 20_000;

// How long to wait after so many tries in vain; not all browsers of a shop come back in the same moment.
export function backOff(misses, random) {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (misses - 1)) * (0.75 + random() / 2);
}

// `changed(entry, state, told)` hears what becomes of each: 'queued', 'running', 'waiting' (for the network), 'busy' (the
// shop is), 'failed', 'stopped' or 'sent'. `save(entries)` keeps what has not been answered.
export function makeOutbox({ send, changed, save, timers, random }) {
  let entries = [];
  let running = null; // {entry, stop: AbortController}
  let isOpen = false; // before that it only takes in
  let isWaiting = false;
  let timer = 0;
  let misses = 0;

  const next = () => entries.find((entry) => !entry.failed);

  function drop(entry) {
    entries = entries.filter((each) => each !== entry);
    save(entries);
  }

  function wait(milliseconds) {
    isWaiting = true;
    timer = timers.after(milliseconds, pump);
    save(entries);
  }

  function missed(entry, error) {
    if (error instanceof Later) {
      wait(error.seconds * 1000);
      changed(entry, 'busy', error);
    } else if (error instanceof Unreachable) {
      misses += 1;
      wait(backOff(misses, random));
      changed(entry, 'waiting', error);
    } else {
      misses = 0;
      entry.failed = true;
      save(entries);
      changed(entry, 'failed', error);
    }
  }

  function sent(entry) {
    misses = 0;
    drop(entry);
    changed(entry, 'sent');
  }

  async function pump() {
    if (!isOpen || running) return;
    timers.cancel(timer);
    isWaiting = false; // also where what waited has been dropped
    const entry = next();
    if (!entry) return;
    const turn = { entry, stop: new AbortController() };
    running = turn;
    changed(entry, 'running');
    let error = null;
    try {
      await send(entry, turn.stop.signal);
    } catch (failure) {
      error = failure;
    }
    if (running !== turn) return; // stopped, which has been seen to
    running = null;
    if (error) missed(entry, error);
    else sent(entry);
    if (!isWaiting) pump();
  }

  // Ends what is being answered. What was not sent yet keeps waiting.
  function stop(byShopper = false) {
    const isCutOff = byShopper && isWaiting && next()?.begun;
    const entry = running?.entry ?? (isCutOff ? next() : null);
    if (!entry) return;
    running?.stop.abort();
    running = null;
    drop(entry);
    changed(entry, 'stopped', { byShopper });
    if (byShopper) pump(); // who was behind it
  }

  function enqueue(entry) {
    entries = [...entries, entry];
    save(entries);
    changed(entry, 'queued');
  }

  return {
    // What is said while an answer is being written takes its place.
    add(entry) {
      stop();
      enqueue(entry);
      if (!isWaiting) pump();
    },
    // What was left of before a reload.
    fill: (left) => left.forEach(enqueue),
    open() {
      isOpen = true;
      pump();
    },
    stop,
    drop,
    retry(id) {
      const entry = entries.find((each) => each.id === id);
      if (!entry) return;
      delete entry.failed;
      pump();
    },
    // The network may be back.
    wake() {
      if (isWaiting) pump();
    },
    // Begins what is being answered once more, when it is opened again: the conversation is another one.
    pause() {
      isOpen = false;
      running?.stop.abort();
      running = null;
    },
    get running() { return running?.entry ?? null; },
    get isWaiting() { return isWaiting; },
    get entries() { return entries; },
  };
}
