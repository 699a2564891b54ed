// Which conversation the panel shows: the one of before, another tab's, or a new one; and who answers in it.

import { Later, Unreachable } from './api.js';
import { backOff } from './outbox.js';
import { wordsOf } from './sending.js';
import { text } from './texts.js';
import { answerId } from './turn.js';

const WITH_PERSON = ['pending', 'human'];

// `app` has the panel's parts (panel.js), and is given what is made here.
export function makeShowing(app) {
  const { at, api, body, thread, goods, status, scroll, host, kept, timers, setPhase } = app;
  let loading = null; // the first showing
  let wake = () => { /* nothing waits */ };

  function restore(told) {
    thread.restore(told.messages);
    goods.show(told);
    status.show(told.status, told.agent, true);
    status.trouble('');
    app.follow.begin(told.last_event_id);
    app.outbox.entries.filter(({ id }) => thread.isSaved(answerId(id))).forEach(app.outbox.drop);
    app.settle();
    showing.showEmpty();
    scroll.toNewest(false);
    app.news.countUnread();
  }

  function pause(wait) {
    return new Promise((resolve) => {
      wake = resolve;
      timers.after(wait, resolve);
    });
  }

  // Tried until the shop says what has become of the conversation.
  async function read() {
    for (let misses = 1; app.talk.isOpen; misses += 1) {
      try {
        const talk = kept.shared;
        const told = await api.thread(talk);
        if (talk.conversation === kept.shared.conversation) return restore(told);
      } catch (error) {
        if (error.status === 401) return showing.gone();
        const isFull = error instanceof Later;
        status.trouble(isFull ? wordsOf(error) : text('offline'));
        if (!isFull && !(error instanceof Unreachable)) console.error(error);
        await pause(isFull ? error.seconds * 1000 : backOff(misses, Math.random));
      }
    }
    return undefined;
  }

  function clear() {
    app.follow.begin('');
    thread.clear(app.outbox.entries.flatMap(({ id }) => [id, answerId(id)]));
    goods.clear();
    status.show('bot', '', true);
    app.news.countUnread();
    showing.showEmpty();
  }

  const showing = {
    showEmpty: () => body.toggleAttribute('data-empty', thread.isEmpty),
    wake: () => wake(),
    load() {
      if (!loading && app.talk.isOpen) setPhase('restoring');
      loading ||= read().then(() => {
        if (body.dataset.phase === 'restoring') setPhase('idle');
        app.outbox.open();
      });
      return loading;
    },
    // Another tab has begun a conversation in the moment when this one was about to.
    join: () => (loading = read()),
    // All of it as the shop has it now.
    async refresh() {
      const told = await app.talk.call(api.thread);
      told.messages.forEach(app.news.takeMessage);
      goods.show(told);
      status.show(told.status, told.agent);
    },
    // The server knows this conversation no longer: what is being said opens another.
    gone() {
      const wasEmpty = thread.isEmpty;
      kept.forget();
      clear();
      if (!wasEmpty) thread.sayFirst(text('begun_anew'));
    },
    beginAnew() {
      app.outbox.stop();
      for (const entry of app.outbox.entries) {
        thread.keepAsItIs(thread.find(entry.id));
        app.outbox.drop(entry);
      }
      kept.note({ owes: false });
      kept.forget();
      status.trouble('');
      clear();
      setPhase('idle');
      app.composer.focus();
    },
    // Another tab has written down what it knows.
    sharedAnew() {
      if (kept.refresh()) {
        app.outbox.pause();
        clear();
        loading = null;
        if (at.isOpen || app.outbox.entries.length) showing.load();
      } else if (showing.wanted() && !loading) showing.load();
      else app.follow.update();
      app.news.countUnread();
    },
    // Asks for a person, or waits for none any more.
    async desk(call) {
      try {
        await showing.load();
        const told = await app.talk.call(call);
        told.messages.forEach(app.news.takeMessage);
        status.show(told.status, told.agent);
        scroll.toEnd();
      } catch (error) {
        thread.showProblem(wordsOf(error), () => showing.desk(call));
      }
      showing.showEmpty();
    },
    // How closely the stream is followed: not where nobody looks, unless a person may write or an answer was cut off.
    wanted() {
      const withPerson = WITH_PERSON.includes(kept.shared.status);
      if (!withPerson && !app.news.isAwaited && (!at.isOpen || document.hidden)) return '';
      return document.hidden && !app.news.isAwaited ? 'now and then' : 'always';
    },
    async caughtUp(id, wait) {
      const heard = app.news.awaitMessage(id, wait, timers);
      app.follow.now();
      return heard.finally(() => app.follow.update());
    },
    statusChanged({ status: is, agent, before, isRestored }) {
      kept.share({ status: is });
      if (is === 'human' && before !== 'human') goods.suggest([]); // they are for the assistant
      if (isRestored) return;
      host.tell('handoff', { status: is, ...(agent ? { agent } : {}) });
      app.follow.update();
    },
  };
  return showing;
}
