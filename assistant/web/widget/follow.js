// Follows a conversation: hears what others write into it, and comes back with its place whenever it is cut off.

import { Later, Refused, Unreachable } from './api.js';
import { backOff } from './outbox.js';

const AGAIN_MS = 1000;
const GLANCE_MS = 1500;
const BETWEEN_GLANCES_MS = 10_000;

// `stream(place, signal)` gives the events since `place`. `wanted()` says how closely to follow now: 'always', 'now and
// then' (a tab that nobody looks at must not take one of the few connections that a browser has for a server) or ''.
// `on(event)` hears each event, `reached(yes, error)` whether the server is there, `gone()` that it knows no such
// conversation.
export function makeFollow({ stream, wanted, on, reached, gone, timers, random }) {
  let place = '';
  let reading = null; // an AbortController
  let mode = '';
  let timer = 0;
  let misses = 0;

  function end() {
    timers.cancel(timer);
    timer = 0;
    reading?.abort();
    reading = null;
  }

  function again(milliseconds) {
    reading = null;
    timers.cancel(timer);
    timer = timers.after(milliseconds, () => { timer = 0; read(); });
  }

  function failed(error) {
    if (error instanceof Refused) {
      end();
      return error.status === 401 ? gone() : again(backOff(++misses + 3, random));
    }
    reached(false, error);
    if (!(error instanceof Later || error instanceof Unreachable)) console.error(error);
    return again(error instanceof Later ? error.seconds * 1000 : backOff(++misses, random));
  }

  async function read() {
    mode = wanted();
    if (!mode || !place) return;
    const mine = new AbortController();
    reading = mine;
    if (mode !== 'always') timer = timers.after(GLANCE_MS, () => { mine.abort(); again(BETWEEN_GLANCES_MS); });
    try {
      for await (const event of stream(place, mine.signal)) {
        if (mine.signal.aborted) return;
        misses = 0;
        place = event.id || place;
        on(event);
        reached(true);
      }
      if (reading === mine) again(AGAIN_MS);
    } catch (error) {
      if (reading === mine && !mine.signal.aborted) failed(error);
    }
  }

  return {
    // From now on this place is where it goes on; '' follows nothing.
    begin(at) {
      end();
      place = at;
      misses = 0;
      read();
    },
    // What is wanted may have changed.
    update() {
      if (wanted() === mode && (reading || timer)) return;
      end();
      read();
    },
    // Asks at once, as after a connection was lost.
    now() {
      end();
      read();
    },
    get isFollowing() { return Boolean(reading); },
    get isBroken() { return misses > 0; },
  };
}

