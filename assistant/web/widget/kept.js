// What the browser remembers. All tabs of the shop share a shopper's conversation; each tab has its own draft and what it
// has not got through yet. Where storage is blocked, it is remembered until the page goes.

const WEEK_MS = 7 * 24 * 3600 * 1000;
const ALIVE_MS = 120_000; // a tab that has something to send says so more often than this

// `conversation` and `token`; `status` of it; `viewed`: the product that the server knows to be looked at; `told`: what the
// shop's own cart was told; `read`: the last message that the shopper saw, `unread`: how many have come since.
const NEW = { conversation: '', token: '', status: 'bot', viewed: '', told: {}, read: '', unread: 0, used: 0 };
// `queue`: what waits to be sent or is being answered. `owes`: the page's hook has not been told what became of a turn.
const NEW_TAB = { draft: '', queue: [], owes: false, touched: 0 };

function read(storage, name) {
  try { return JSON.parse(storage().getItem(name)); } catch { return null; }
}

function write(storage, name, value) {
  try { storage().setItem(name, JSON.stringify(value)); } catch { return false; } // blocked or full
  return true;
}

// What a tab has kept, and nothing where it is no such thing.
const sound = (left) => (Array.isArray(left?.queue) ? left : null);

function remove(storage, name) {
  try { storage().removeItem(name); } catch { /* blocked: nothing is there */ }
}

function namesIn(storage, start) {
  try { return Object.keys(storage()).filter((name) => name.startsWith(start)); } catch { return []; }
}

// `owner` names the shop's page and shopper, `local` and `session` give the storages (and may throw), `now` the time.
export function makeKept({ owner, local, session, now, newId }) {
  const name = `shelfwise ${owner}`;
  const tabs = `${name} tab `;
  const tabId = read(session, tabs) || newId();
  write(session, tabs, tabId);
  let isWritten = true; // or what is there is older than what is known here
  let shared = sharedNow();
  const tab = { ...NEW_TAB, ...sound(read(local, tabs + tabId)) };

  function sharedNow() {
    if (!isWritten) return shared;
    const found = read(local, name);
    return found?.conversation && now() - found.used < WEEK_MS ? { ...NEW, ...found } : { ...NEW };
  }

  // What a tab that was closed left unsent is this one's to send; under its id it counts once, whoever sends it.
  function adopt() {
    for (const other of namesIn(local, tabs)) {
      const left = sound(read(local, other));
      if (other === tabs + tabId || now() - left?.touched < ALIVE_MS) continue;
      if (now() - left?.touched < WEEK_MS) {
        tab.queue = [...tab.queue, ...left.queue];
        tab.draft ||= left.draft;
        tab.owes ||= left.owes;
      }
      remove(local, other);
    }
  }

  const kept = {
    get shared() { return shared; },
    get tab() { return tab; },
    // Another tab may have begun anew in this moment: its conversation is not written over with news of the old one.
    share(change) {
      const there = sharedNow();
      const isSame = there.conversation === shared.conversation;
      shared = { ...(isSame ? there : shared), ...change, used: now() };
      if (isSame || !there.conversation || change.conversation) isWritten = write(local, name, shared);
    },
    note(change) {
      Object.assign(tab, change, { touched: now() });
      if (tab.draft || tab.queue.length || tab.owes) write(local, tabs + tabId, tab);
      else remove(local, tabs + tabId);
    },
    forget() {
      if (sharedNow().conversation === shared.conversation) remove(local, name);
      shared = { ...NEW };
    },
    // With what other tabs have written of this conversation meanwhile.
    latest() {
      const there = sharedNow();
      if (there.conversation === shared.conversation && there.conversation) shared = there;
      return shared;
    },
    // What other tabs have written meanwhile; whether it is another conversation.
    refresh() {
      const before = shared.conversation;
      shared = sharedNow();
      return shared.conversation !== before;
    },
    isOurs: (event) => event.key === name || event.key === null,
  };
  adopt();
  if (tab.queue.length) kept.note({});
  return kept;
}
