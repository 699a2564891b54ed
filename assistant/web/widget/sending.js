// What the shopper says and presses on its way out, and how it is shown while it waits, fails or is answered.

import { Later, Refused, Unreachable } from './api.js';
import { addFeedback } from './feedback.js';
import { text } from './texts.js';
import { answerId, TurnFailed } from './turn.js';

const LONGEST_TEXT = 5000;

const isRefused = (error) => error instanceof Refused && error.status < 500;

export function wordsOf(error) {
  if (error instanceof TurnFailed) return error.message;
  if (error instanceof Unreachable) return text('problem_offline');
  if (error instanceof Later) return text('busy', { count: Math.ceil(error.seconds) });
  return text(isRefused(error) ? 'problem_refused' : 'problem_ours');
}

// `app` has the panel's parts (panel.js), and is given what is made here.
export function makeSending(app) {
  const { thread, goods, status, host, kept, newId, setPhase } = app;
  let answered = null; // the last entry that was
  const mayTryAgain = (error) => error.retryable ?? !isRefused(error);
  const show = (entry) => thread.addUnsaved({ id: entry.id, role: 'shopper', text: entry.said }, entry.look);

  // What becomes of an entry of the outbox.
  const become = {
    queued: (entry) => show(entry),
    running() { /* turn.js shows it */ },
    waiting: () => status.trouble(text('offline')),
    busy: (entry, error) => status.trouble(wordsOf(error)),
    sent: () => status.trouble(''),
    stopped(entry, { byShopper }) {
      app.turns.stopped(entry, byShopper);
      app.news.catchUp(app.turns.current?.told ?? new Set());
    },
    failed(entry, error) {
      if (!(error instanceof TurnFailed || error instanceof Refused)) console.error(error);
      // With what came of the answer: neither must go behind later ones.
      for (const id of [entry.id, answerId(entry.id)]) thread.keepAsItIs(thread.find(id));
      thread.showProblem(wordsOf(error), mayTryAgain(error) ? () => again(entry.id) : null);
      if (!mayTryAgain(error)) app.outbox.drop(entry);
    },
  };

  function markWaiting() {
    const look = app.outbox.isWaiting ? 'waiting-to-send' : '';
    for (const entry of app.outbox.entries) {
      if (!entry.failed && !entry.begun) thread.markUnsent(entry.id, look);
      entry.waited ||= app.outbox.isWaiting;
    }
  }

  function again(id) {
    thread.dropProblems();
    app.outbox.retry(id);
  }

  function tellAnswer(answer) {
    addFeedback(answer, '', app.judge);
    const { id, role } = answer.dataset;
    host.tell('message', { id, role, text: answer.querySelector('.text').textContent });
  }

  const sending = {
    changed(entry, state, told) {
      become[state](entry, told);
      const isAnswering = app.outbox.running || (app.outbox.isWaiting && entry.begun && state !== 'stopped');
      setPhase(state === 'failed' ? 'failed' : isAnswering ? 'busy' : 'idle');
      if (state !== 'running') markWaiting();
      if (entry.failed) thread.markUnsent(entry.id, 'unsent', () => again(entry.id));
      app.news.countUnread();
    },
    send(entry) {
      if (status.now === 'resolved') status.show('bot');
      app.load();
      kept.note({ owes: true });
      app.outbox.add({ ...entry, id: newId() });
      app.showEmpty();
    },
    say(words) {
      const said = words.slice(0, LONGEST_TEXT).toWellFormed().trim(); // half a character at the end is none
      if (!said) return;
      sending.send({ kind: 'say', text: said, said, look: 'shopper' });
      app.composer.focus();
    },
    press(kind, { product_id, variant_id, title }) {
      sending.send({ kind, product_id, variant_id, said: text(`pressed_${kind}`, { title }), look: 'pressed' });
    },
    drop(slot, value, label) {
      sending.send({ kind: 'drop', slot, value, said: text('without', { label }), look: 'pressed' });
    },
    // It has reached the shop: a reload goes on from here.
    begun(entry) {
      entry.begun = true;
      kept.note({ owes: true }); // also where the page was told how things were while this waited
      thread.markUnsent(entry.id, '');
      host.tell('message', { id: entry.id, role: 'shopper', text: entry.said });
    },
    ended({ entry, done, told, place }) {
      if (place) app.news.toldUpTo(place);
      const answer = thread.find(done?.answer_id ?? answerId(entry.id));
      const both = [thread.find(done?.message_id ?? entry.id), answer].filter(Boolean);
      if (!app.follow.isFollowing) both.forEach(thread.markSaved); // else the stream tells their place
      if (answer) tellAnswer(answer);
      if (entry.kind === 'cart_add' && told.has('cart')) goods.markAdded(entry.product_id);
      app.news.catchUp(told);
      answered = entry;
      sending.settle();
    },
    // The page's hook is told what this tab's turns made of the cart, once that is known for sure.
    settle() {
      const isOpen = (entry) => entry.begun && !entry.failed && entry !== answered;
      const isUnsure = app.turns.current || app.outbox.entries.some(isOpen);
      if (!app.at.hook || !kept.tab.owes || isUnsure) return;
      app.basket.settle(goods.cart);
      kept.note({ owes: false });
    },
  };
  return sending;
}
