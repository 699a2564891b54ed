// The panel: puts its parts together, and hears the widget's loader, the buttons, the keyboard and other tabs.

import { makeApi, Unreachable } from './api.js';
import { makeBasket } from './basket.js';
import { paint } from './colours.js';
import { makeComposer } from './composer.js';
import { addFeedback } from './feedback.js';
import { makeFollow } from './follow.js';
import { makeGoods } from './goods.js';
import { makeHost } from './host.js';
import { makeKept } from './kept.js';
import { makeNews } from './news.js';
import { makeOutbox } from './outbox.js';
import { makeScroll } from './scroll.js';
import { makeSending } from './sending.js';
import { makeShowing } from './showing.js';
import { makeStatus } from './status.js';
import { showExamples } from './suggestions.js';
import { makeTalk } from './talk.js';
import { text, written } from './texts.js';
import { makeThread } from './thread.js';
import { makeTurns } from './turn.js';

const CHECK_OUT = 'Check out'; // as the shop reads it

const setup = written('setup');
const { body } = document;
const find = (name) => document.querySelector(`[data-${name}]`);
const timers = { after: (wait, act) => setTimeout(act, wait), cancel: (timer) => clearTimeout(timer) };
// Not crypto.randomUUID, which a browser has on secure addresses alone.
const inHex = (byte) => byte.toString(16).padStart(2, '0');
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), inHex).join('');
const setPhase = (phase) => { body.dataset.phase = phase; };

// What the shop's page told of itself last.
const at = { page: {}, shopper: null, cart: '', hook: false, isOpen: false };
let app = null;

const host = makeHost(window, setup.origin, {
  setup({ page, shopper, theme, colours, cart, hook, open }) {
    paint({ colours, theme });
    const isOther = app && JSON.stringify(shopper) !== JSON.stringify(at.shopper);
    const address = cart && URL.canParse(cart, page.url) ? new URL(cart, page.url).href : '';
    Object.assign(at, { page, shopper, cart: address, hook, isOpen: open });
    if (isOther) location.reload(); // somebody else has signed in, who has a conversation of their own
    else if (app) changed();
    else start();
  },
  opened() {
    at.isOpen = true;
    if (!app) return;
    changed();
    app.composer.focus();
  },
  say: ({ text: words }) => app?.say(String(words ?? '')),
});

function changed() {
  if (at.isOpen) app.load();
  if (at.hook && app.kept.tab.owes) app.load().then(app.settle);
  app.follow.update();
  app.news.countUnread();
}

// ---- The parts ----

// They know each other through `app`, as most of them need what is made after them.
function makeApp() {
  const owner = `${setup.origin} ${at.shopper ? JSON.stringify([at.shopper.id, at.shopper.hash]) : ''}`;
  const now = () => Date.now();
  const kept = makeKept({ owner, local: () => localStorage, session: () => sessionStorage, now, newId });
  const parts = { at, body, host, kept, timers, newId, setPhase, api: makeApi((...asked) => fetch(...asked), timers) };
  const drafted = (draft) => kept.note({ draft });
  parts.composer = makeComposer({ form: find('composer'), say: (words) => parts.say(words), drafted });
  parts.judge = (id, value) =>
    parts.talk.call((talk) => (value ? parts.api.judge(talk, id, value) : parts.api.judgeNoMore(talk, id)));
  parts.thread = makeThread(find('thread'), (message, line) => {
    parts.goods.underMessage(message, line);
    if (line.role === 'assistant') addFeedback(message, line.feedback, parts.judge);
  });
  parts.scroll = makeScroll({ feed: find('feed'), thread: find('thread'), newer: find('newer') });
  parts.status = makeStatus({
    body,
    banner: find('banner'),
    box: parts.composer.box,
    changed: (change) => parts.statusChanged(change),
  });
  parts.goods = makeGoods({ thread: parts.thread, currency: setup.currency, address: () => at.cart, on: pressedOn(parts) });
  Object.assign(parts, makeSending(parts), makeShowing(parts));
  return Object.assign(parts, makeLines(parts));
}

function pressedOn(parts) {
  return {
    press: (...pressed) => parts.press(...pressed),
    drop: (...dropped) => parts.drop(...dropped),
    say: (words) => parts.say(words),
    checkout() {
      document.querySelector('dialog[data-cart]').close();
      parts.say(CHECK_OUT);
    },
    seen(product) {
      if (!parts.talk.isOpen) return;
      parts.talk.call((talk) => parts.api.seen(talk, product)).catch(() => { /* it is only counted */ });
    },
  };
}

// What stands between the page and the server.
function makeLines(parts) {
  const { api, kept, thread } = parts;
  const talk = makeTalk({
    api,
    kept,
    locale: document.documentElement.lang,
    page: () => at.page,
    shopper: at.shopper,
    began: (place) => follow.begin(place),
    joined: parts.join,
    gone: parts.gone,
  });
  const basket = makeBasket({
    told: () => kept.latest().told,
    keep: (told) => kept.share({ told }),
    ask: host.ask,
    refused: (problem, again) => thread.showProblem(problem || text('problem_cart'), again),
  });
  const news = makeNews({ ...parts, isWriting: (id) => turns.isWriting(id), isRead: () => at.isOpen && !document.hidden });
  const turns = makeTurns({ ...parts, talk });
  const follow = makeFollow({
    stream: (place, signal) => api.stream(kept.shared, place, signal),
    wanted: parts.wanted,
    on(event) {
      news.take(event, turns.current);
      if (event.name === 'status') parts.settle();
    },
    reached(isThere, error) {
      if (isThere) parts.status.trouble('');
      else if (error instanceof Unreachable) parts.status.trouble(text('offline'));
    },
    gone: parts.gone,
    timers,
    random: Math.random,
  });
  const save = (queue) => kept.note({ queue });
  const outbox = makeOutbox({ send: turns.send, changed: parts.changed, save, timers, random: Math.random });
  return { talk, basket, news, turns, follow, outbox };
}

// ---- Buttons, keyboard, other tabs ----

function listen() {
  const press = (button, act) => document.querySelector(button).addEventListener('click', act);
  const close = () => host.send('close', { refocus: true });
  press('[data-action="close"]', close);
  press('[data-action="new"]', app.beginAnew);
  press('[data-action="person"]', () => { app.desk(app.api.askPerson); app.composer.focus(); });
  press('[data-banner-stop]', () => app.desk(app.api.waitNoMore));
  press('[data-stop]', () => { app.outbox.stop(true); app.composer.focus(); });
  press('[data-action="cart"]', () => {
    document.querySelector('dialog[data-cart]').showModal();
    document.querySelector('#cart-title').focus({ preventScroll: true });
  });
  for (const dialog of document.querySelectorAll('dialog')) {
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); }); // beside it
  }
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing && !document.querySelector('dialog[open]')) close();
  });
  document.addEventListener('visibilitychange', changed);
  // The page may have other colours in the dark: it tells them again with any news of the panel.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    host.send('unread', { count: app.kept.shared.unread });
  });
  addEventListener('storage', (event) => { if (app.kept.isOurs(event)) app.sharedAnew(); });
  addEventListener('offline', () => app.status.trouble(text('offline')));
  addEventListener('online', () => {
    app.status.trouble('');
    app.wake();
    app.outbox.wake();
    if (app.follow.isBroken) app.follow.now();
  });
}

function start() {
  app = makeApp();
  const { kept, goods, composer, outbox } = app;
  listen();
  showExamples(setup.examples, { say: app.say });
  goods.clear();
  composer.fill(kept.tab.draft);
  outbox.fill(kept.tab.queue);
  app.showEmpty();
  app.status.show(kept.shared.status, '', true);
  if (kept.shared.unread) host.send('unread', { count: kept.shared.unread });
  if (app.wanted() || outbox.entries.length) app.load();
  changed();
  body.dataset.ready = '';
}

host.send('ready');
