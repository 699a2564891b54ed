// The calls of the shop's API. Knows nothing of the page: `talk` is {conversation, token}, answers are what the API tells.

import { eventsOf } from './sse.js';

const QUIET_MS = 40_000; // the server gives a sign of life every 15 seconds
const LONGEST_WAIT = 120; // seconds; nobody waits for what a proxy may name instead

// The server can't be reached, or was lost on the way.
export class Unreachable extends Error {}

// The server has no room now; ask again after so many `seconds`.
export class Later extends Error {
  constructor(seconds) {
    super(`later: ${seconds} s`);
    this.seconds = seconds;
  }
}

// The server says no. `code` is for programs.
export class Refused extends Error {
  constructor(status, { code = '', detail = '' }) {
    super(detail);
    Object.assign(this, { status, code });
  }
}

const isSaid = (error) => error instanceof Later || error instanceof Refused;

async function checked(answer) {
  if (answer.ok) return answer;
  // Where a proxy stands in for a server that starts again, that is no word of the shop's.
  if (answer.status === 502 || answer.status === 504) throw new Unreachable(`status ${answer.status}`);
  const wait = Number(answer.headers.get('Retry-After'));
  if (answer.status === 429 || answer.status === 503) throw new Later(wait > 0 ? Math.min(wait, LONGEST_WAIT) : 5);
  throw new Refused(answer.status, await answer.json().catch(() => ({})));
}

// `fetch` as browsers have it, and `timers` ({after, cancel}) to give up on a connection that has gone silent.
export function makeApi(fetch, timers) {
  async function call(method, path, { talk, body, headers, signal } = {}) {
    const sent = { ...headers };
    if (talk) sent.Authorization = `Bearer ${talk.token}`;
    if (body) sent['Content-Type'] = 'application/json';
    const written = body && JSON.stringify(body);
    const told = { method, headers: sent, signal, body: written, cache: 'no-store', credentials: 'omit' };
    return checked(await fetch(`/v1/conversations${path}`, told));
  }

  async function json(method, path, options) {
    const ended = new AbortController();
    const timer = timers.after(QUIET_MS, () => ended.abort());
    try {
      return await (await call(method, path, { ...options, signal: ended.signal })).json();
    } catch (error) {
      throw isSaid(error) ? error : new Unreachable(error.message);
    } finally {
      timers.cancel(timer);
    }
  }

  async function* events(method, path, options) {
    const ended = new AbortController();
    const end = () => ended.abort();
    options.signal.addEventListener('abort', end);
    let timer = timers.after(QUIET_MS, end);
    try {
      const reader = (await call(method, path, { ...options, signal: ended.signal })).body.getReader();
      yield* eventsOf(() => {
        timers.cancel(timer);
        timer = timers.after(QUIET_MS, end);
        return reader.read();
      });
    } catch (error) {
      if (options.signal.aborted || isSaid(error)) throw error; // a stop is a stop
      throw new Unreachable(error.message);
    } finally {
      timers.cancel(timer);
      options.signal.removeEventListener('abort', end);
      end(); // who stops reading needs the connection no more
    }
  }

  const at = (talk, rest = '') => `/${encodeURIComponent(talk.conversation)}${rest}`;
  const drop = ({ slot, value, id }) =>
    `/need/${slot}${value ? `/${encodeURIComponent(value)}` : ''}?message_id=${encodeURIComponent(id)}`;

  return {
    open: (body) => json('POST', '', { body }),
    thread: (talk) => json('GET', at(talk), { talk }),
    askPerson: (talk) => json('POST', at(talk, '/handoff'), { talk }),
    waitNoMore: (talk) => json('DELETE', at(talk, '/handoff'), { talk }),
    judge: (talk, id, value) => json('POST', at(talk, '/feedback'), { talk, body: { message_id: id, value } }),
    judgeNoMore: (talk, id) => call('DELETE', at(talk, `/feedback/${encodeURIComponent(id)}`), { talk }),
    // A product was looked at. What is answered does not matter, but who stops listening stops the turn.
    async seen(talk, product) {
      const answer = await call('POST', at(talk, '/actions'), { talk, body: { kind: 'click', product_id: product } });
      await answer.text();
    },
    // What an entry of the outbox is answered with: {id, kind: 'say', text}, {id, kind: 'drop', slot, value} or a press.
    turn(talk, entry, page, signal) {
      const { id, kind } = entry;
      if (kind === 'drop') return events('DELETE', at(talk, drop(entry)), { talk, signal });
      const press = { kind, product_id: entry.product_id, variant_id: entry.variant_id || '', message_id: id };
      const body = kind === 'say' ? { text: entry.text, message_id: id, page } : press;
      return events('POST', at(talk, kind === 'say' ? '/messages' : '/actions'), { talk, signal, body });
    },
    stream(talk, lastEventId, signal) {
      return events('GET', at(talk, '/stream'), { talk, signal, headers: { 'Last-Event-ID': lastEventId } });
    },
  };
}
