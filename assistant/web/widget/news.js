// What comes in by the stream: messages of others and of other tabs, and what has changed with them.

// `isWriting(id)` says whether a turn of this tab is writing that message, `isRead()` whether the shopper sees the thread.
export function makeNews({ thread, goods, status, scroll, host, kept, isWriting, isRead }) {
  const batch = new Map(); // of shelf, cart and need: what came in together
  const missed = new Map(); // what of them came while a turn of this tab was telling its own
  let floor = { conversation: '', version: 0 }; // what a turn of this tab has told is not undone by what was before it
  const awaited = new Map(); // message ids to those who wait for them
  let wasAtEnd = null; // before the first new message of this batch
  let newest = null;
  let shown = 0; // unread, as the loader knows it

  const versionOf = (id) => Number.parseInt(id, 10) || 0;
  const isStale = (id) => floor.conversation === kept.shared.conversation && versionOf(id) < floor.version;

  const whole = {
    products: ({ cards }) => goods.showShelf(cards),
    cart: (cart) => goods.showCart(cart),
    need: (need) => goods.showNeed(need),
  };

  const news = {
    get isAwaited() { return awaited.size > 0; },
    // Gives the message where it is new.
    takeMessage(line) {
      const message = thread.takeSaved(line, isWriting(line.id));
      if (!message) return null;
      const { id, role, text, author } = line;
      host.tell('message', { id, role, text, ...(author ? { author } : {}) });
      return message;
    },
    // One event of the stream; `turn` is the one that runs in this tab, which tells by itself what it does.
    take({ name, data, id }, turn) {
      if (name === 'message') {
        wasAtEnd ??= scroll.isAtEnd();
        const message = news.takeMessage(data);
        if (message?.matches('.agent, .notice')) newest = message;
      } else if (name === 'status') news.endBatch(data, id, turn);
      else batch.set(name, data);
    },
    // The turn that ended with the event of this id has told how things are.
    toldUpTo(id) {
      floor = { conversation: kept.shared.conversation, version: versionOf(id) };
    },
    // The status is the last event of what came in together, and its id tells of which version of the conversation it is.
    endBatch({ status: now, agent }, id, turn) {
      for (const [name, data] of batch) {
        if (turn) missed.set(name, data);
        else if (!isStale(id)) whole[name]?.(data);
      }
      batch.clear();
      if (!isStale(id)) status.show(now, agent);
      if (newest) scroll.tellNew(newest, wasAtEnd);
      newest = null;
      wasAtEnd = null;
      for (const [id, heard] of awaited) if (thread.isSaved(id)) heard(true);
      news.countUnread();
    },
    // A turn is over: what it did not tell itself is shown as the stream told it.
    catchUp(told) {
      for (const [name, data] of missed) if (!told.has(name)) whole[name]?.(data);
      missed.clear();
    },
    // Whether the stream tells the message of this id within so many milliseconds.
    awaitMessage(id, wait, timers) {
      return new Promise((resolve) => {
        const heard = (isThere) => {
          timers.cancel(timer);
          awaited.delete(id);
          resolve(isThere);
        };
        const timer = timers.after(wait, () => heard(false));
        awaited.set(id, heard);
      });
    },
    // All tabs of the shop share what has been read.
    countUnread() {
      const { read, unread } = kept.shared;
      const newestId = thread.newestSaved;
      if (isRead() && newestId && (read !== newestId || unread)) kept.share({ read: newestId, unread: 0 });
      else if (!isRead() && newestId) {
        const count = thread.countSince(read);
        if (count !== unread) kept.share({ unread: count });
      }
      const { unread: count } = kept.shared;
      if (count !== shown) host.send('unread', { count });
      shown = count;
    },
  };
  return news;
}
