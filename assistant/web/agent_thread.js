// The agent console, first part: the open conversation and the reply. Runs once, together with agent.js after it, as the body
// of a function that Gradio calls with `element` (the page's root), `server` (Python's functions) and `props` (`setup`).
//
// Text is always set as text. HTML is only ever taken from the server's autoescaped templates (cards, brief, screen, results).

const setup = props.setup;
const page = element.querySelector('.console');
const find = (name) => page.querySelector(`[data-${name}]`);
const lines = find('lines');
const scroll = find('scroll');
const reply = find('reply');
const box = find('text');
const tray = find('tray');
const finder = find('find');
const newer = page.querySelector('.to-newest');
const STATES = { pending: 'Waiting', human: 'With you', bot: 'With the assistant', resolved: 'Resolved' };
const SPEAKERS = { shopper: 'Shopper', assistant: 'Assistant', notice: '' };
const TYPING_MS = 250;
const MOST_OPEN = 3; // products under a message of an agent's

let me = '';
let open = null; // the open conversation: {id, version, count, status, agent, requested_at, lastRole}
let sending = false;
let answers = []; // the canned ones: {title, text}
let hint = null; // the suggested reply: {text, why, products}

function node(tag, className = '', text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

function setText(target, text) {
  if (target.textContent !== text) target.textContent = text; // an unchanged text is not read out again
}

// ---- What this tab remembers: drafts outlive a reload, a lost server and a closed conversation -----------------

const randomId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function stored(storage, name, fallback) {
  try { return JSON.parse(storage.getItem(`desk-${name}`)) ?? fallback; } catch { return fallback; }
}

function store(storage, name, value) {
  try { storage.setItem(`desk-${name}`, JSON.stringify(value)); } catch { /* storage is blocked: no reload keeps it */ }
}

const drafts = stored(sessionStorage, 'drafts', {});
const emptyDraft = () => ({ text: '', products: [], message: randomId() });
const draft = () => (open && drafts[open.id]) || emptyDraft();

function keepDraft(change) {
  if (!open) return;
  const kept = { ...draft(), ...change };
  if (kept.text || kept.products.length) drafts[open.id] = kept;
  else delete drafts[open.id];
  store(sessionStorage, 'drafts', drafts);
  setText(find('kept'), kept.text || kept.products.length ? 'Draft kept' : '');
  find('send').disabled = sending || !(kept.text.trim() || kept.products.length);
  document.querySelectorAll('.case').forEach(markDraft);
}

// ---- Messages ---------------------------------------------------------------------------------------------------

const clockTime = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayTime = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });

function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 3600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  return whole < 86400 ? `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min` : `${Math.floor(whole / 86400)} d`;
}

function addDay(time) {
  const day = dayTime.format(time);
  if (lines.dataset.day === day) return;
  lines.dataset.day = day;
  lines.append(node('li', 'day', day === dayTime.format(new Date()) ? 'Today' : day));
}

function addLine(message, index) {
  const time = new Date(message.time);
  addDay(time);
  const item = node('li', `line ${message.role}`);
  item.dataset.index = index;
  const stamp = Object.assign(node('time', 'stamp', clockTime.format(time)), { title: time.toLocaleString(), dateTime: message.time });
  if (message.role === 'notice') {
    item.append(node('span', 'text', message.text), stamp);
  } else {
    const head = node('p', 'speaker', message.role === 'agent' ? (message.author === me ? 'You' : message.author) : SPEAKERS[message.role]);
    head.append(stamp);
    item.append(head);
    if (message.text) item.append(node('div', 'text', message.text));
    if (message.cards) item.append(cardsOf(message));
  }
  lines.append(item);
}

// What the assistant showed, and many products of an agent's, are folded, so that the words of the thread stay together.
function cardsOf(message) {
  const cards = document.createElement('template');
  cards.innerHTML = message.cards;
  const count = cards.content.querySelectorAll('.row').length;
  const isOpen = message.role === 'agent' && count <= MOST_OPEN;
  const holder = node(isOpen ? 'div' : 'details', 'line-cards');
  const done = message.role === 'agent' ? 'sent' : 'shown';
  if (!isOpen) holder.append(node('summary', '', count === 1 ? `1 product ${done}` : `${count} products ${done}`));
  holder.append(cards.content);
  return holder;
}

const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
const toEnd = () => { scroll.scrollTop = scroll.scrollHeight; newer.hidden = true; };

// Who reads at the end of the thread stays there when something beside it takes room; who has scrolled up is left alone.
let follows = true;
let last = { top: 0, size: '' };
scroll.addEventListener('scroll', () => {
  const size = `${scroll.clientWidth}x${scroll.clientHeight}`;
  if (isAtEnd()) { follows = true; newer.hidden = true; }
  else if (scroll.scrollTop < last.top && size === last.size) follows = false; // not by a change of size
  last = { top: scroll.scrollTop, size };
}, { passive: true });
new ResizeObserver(() => { if (follows) toEnd(); }).observe(scroll);

// `thread` holds the messages from `start` on; those that are there already (another answer was quicker) are skipped.
function applyThread(thread) {
  if (!open || thread.id !== open.id) return;
  if (thread.gone) { closeThread(); return toast('This conversation is no longer kept.'); }
  if (thread.version < open.version || thread.start > open.count) return;
  const isFirst = open.version === 0;
  follows ||= isFirst;
  const news = thread.lines.slice(open.count - thread.start);
  lines.setAttribute('aria-live', isFirst ? 'off' : 'polite'); // old messages are not news
  news.forEach((message, place) => addLine(message, open.count + place));
  const speakers = thread.lines.filter((message) => message.role !== 'notice');
  const wasStatus = open.status;
  Object.assign(open, thread, { lines: undefined, screen: undefined, count: thread.start + thread.lines.length });
  if (speakers.length) open.lastRole = speakers.at(-1).role;
  showHead();
  redraw(find('screen'), thread.screen);
  settleDraft(news);
  if (follows) toEnd();
  else if (news.length) newer.hidden = false;
  if (!isFirst && (wasStatus !== open.status || news.some((message) => message.role !== 'notice'))) askForBrief();
  if (isFirst || wasStatus !== open.status || news.some((message) => message.role !== 'notice')) askForHint();
}

// A message of this tab that did arrive though its answer was lost must not be sent again.
function settleDraft(news) {
  const kept = draft();
  const arrived = news.find((message) => message.id === kept.message);
  if (!arrived || sending) return;
  keepDraft(arrived.text === kept.text.trim() ? emptyDraft() : { message: randomId() });
  showDraft();
}

function redraw(target, html) {
  if (target.drawn === html) return;
  const key = target.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  target.drawn = html;
  target.innerHTML = html;
  target.querySelectorAll('.row-add').forEach(markAdded);
  if (key) [...target.querySelectorAll('[data-key]')].find((each) => each.dataset.key === key)?.focus({ preventScroll: true });
}

function showHead() {
  const mine = open.status === 'human' && open.agent === me;
  const state = open.status === 'human' && !mine ? 'others' : { pending: 'waiting', human: 'yours' }[open.status] || 'assistant';
  page.dataset.state = state;
  setText(find('shopper'), open.shopper);
  find('shopper').title = open.shopper;
  setText(find('state-text'), state === 'others' ? `With ${open.agent}` : STATES[open.status] || '');
  setText(find('reason'), open.reason);
  find('reason').classList.toggle('urgent', Boolean(open.urgent));
  setText(find('join-text'), {
    waiting: 'This shopper waits for a person.',
    others: `${open.agent} has this conversation. You can read along.`,
    assistant: open.status === 'resolved' ? 'This is settled. Whatever comes next opens with the assistant.' : 'The assistant answers here.',
  }[state] || '');
  find('join').hidden = state === 'others';
  find('join').firstChild.textContent = state === 'waiting' ? 'Accept ' : 'Join ';
  find('join').lastElementChild.hidden = state !== 'waiting';
}

// ---- What is asked of Python beside the thread: what matters, and a suggested reply -----------------------------

async function askForBrief() {
  const { id } = open;
  const brief = await call('brief', { id });
  const panel = find('brief');
  if (open?.id !== id || (!brief && !('stale' in panel.dataset))) return;
  redraw(panel, brief?.html || '');
  delete panel.dataset.stale;
  answers = brief?.canned || answers;
}

async function askForHint() {
  const { id } = open;
  hint = null;
  if (page.dataset.state !== 'yours' || open.lastRole === 'agent') return showHint('');
  showHint('Thinking of a reply…');
  const suggested = await call('suggest', { id });
  if (open?.id !== id || page.dataset.state !== 'yours') return;
  hint = suggested?.text ? suggested : null;
  showHint(hint ? hint.text : 'No suggestion for this message.');
}

function showHint(text) {
  const more = hint?.products.length ? ` (+ ${hint.products.length === 1 ? '1 product' : `${hint.products.length} products`})` : '';
  setText(find('hint-text'), (text || 'The next suggestion comes when the shopper has written.') + more);
  find('hint-text').title = hint ? `${hint.text}\n\n${hint.why}` : '';
  find('hint').toggleAttribute('data-empty', !hint);
  page.querySelector('[data-action="use_hint"]').disabled = !hint;
}

function useHint() {
  if (!hint || page.dataset.state !== 'yours') return;
  insert(hint.text);
  hint.products.filter((product) => !isAttached(product.id)).forEach(attach);
}

// ---- The reply --------------------------------------------------------------------------------------------------

function fitBox() {
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`;
}

// Puts text where the cursor is, as if it had been typed: it can be taken back with Ctrl+Z.
function insert(text) {
  box.focus();
  const before = box.value.slice(0, box.selectionStart);
  const glue = before && !/\s$/.test(before) ? (before.endsWith('.') || before.endsWith('!') || before.endsWith('?') ? ' ' : '\n') : '';
  if (!document.execCommand('insertText', false, glue + text)) box.setRangeText(glue + text, box.selectionStart, box.selectionEnd, 'end');
  keepDraft({ text: box.value });
  fitBox();
}

function showDraft() {
  box.value = draft().text;
  showTray();
  keepDraft({});
  fitBox();
}

function showTray() {
  tray.replaceChildren(...draft().products.map((product) => {
    const item = node('li', 'tray-item');
    const remove = Object.assign(node('button', 'tray-remove', '×'), { type: 'button' });
    remove.dataset.action = 'detach';
    remove.dataset.product = product.id;
    remove.setAttribute('aria-label', `Take out of the reply: ${product.title}`);
    item.append(node('span', 'tray-title', product.title), node('span', 'tray-price', product.price), remove);
    return item;
  }));
  page.querySelectorAll('.row-add').forEach(markAdded);
}

const isAttached = (id) => draft().products.some((each) => each.id === id);

function markAdded(button) {
  const isAdded = isAttached(button.closest('.row').dataset.product);
  setText(button, isAdded ? 'Added' : 'Add');
  button.setAttribute('aria-pressed', String(isAdded));
}

function attach({ id, title, price }) {
  if (page.dataset.state !== 'yours') return toast('Accept this conversation first, then you can send products.');
  const { products } = draft();
  if (products.length >= setup.most_products) return toast(`Up to ${setup.most_products} products fit into one message.`);
  keepDraft({ products: [...products, { id, title, price }] });
  showTray();
  fitBox();
}

function detach(id) {
  keepDraft({ products: draft().products.filter((each) => each.id !== id) });
  showTray();
  fitBox();
}

async function send() {
  const { text, products, message } = draft();
  if (sending || !(text.trim() || products.length) || page.dataset.state !== 'yours') return;
  const { id } = open;
  const ids = products.map((each) => each.id);
  setSending(true);
  const answer = await call('say', { id, text, products: ids, message, ...have() });
  setSending(false);
  if (!answer) return toast('Not sent: the shop could not be reached. Your words are kept; try again.');
  if (answer.problem) toast(`${answer.problem} Your words are kept.`);
  else if (open?.id === id) {
    keepDraft(emptyDraft());
    showDraft();
    clearSearch(); // to see what the shopper sees now
    setSide(false);
    box.focus({ preventScroll: true });
    follows = true;
  } else {
    delete drafts[id];
    store(sessionStorage, 'drafts', drafts);
  }
  applyNews(answer);
}

function setSending(is) {
  sending = is;
  box.readOnly = is;
  reply.toggleAttribute('data-sending', is);
  keepDraft({});
}

box.addEventListener('input', () => { keepDraft({ text: box.value }); fitBox(); });
reply.addEventListener('submit', (event) => { event.preventDefault(); send(); });

// ---- Canned answers ---------------------------------------------------------------------------------------------

const canned = find('canned');
const cannedFind = find('canned-find');
const cannedButton = page.querySelector('[data-action="canned"]');

function listCanned() {
  const words = cannedFind.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = answers.filter((each) => words.every((word) => `${each.title} ${each.text}`.toLowerCase().includes(word)));
  find('canned-list').replaceChildren(...fits.map((each) => {
    const item = node('li');
    const button = Object.assign(node('button', 'canned-item'), { type: 'button' });
    button.dataset.action = 'use_canned';
    button.append(node('strong', '', each.title), node('span', '', each.text));
    item.append(button);
    return item;
  }));
  if (!fits.length) find('canned-list').append(node('li', 'rows-none', answers.length ? 'None with these words.' : 'The shop has none.'));
}

function openCanned(is) {
  canned.hidden = !is;
  cannedButton.setAttribute('aria-expanded', is);
  if (!is) return;
  cannedFind.value = '';
  listCanned();
  cannedFind.focus();
}

function moveWithin(items, step) {
  const place = items.indexOf(document.activeElement);
  items[Math.min(Math.max(place + step, 0), items.length - 1)]?.focus();
}

canned.addEventListener('keydown', (event) => {
  const items = [...canned.querySelectorAll('.canned-item')];
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    if (event.key === 'ArrowUp' && document.activeElement === items[0]) cannedFind.focus();
    else moveWithin(items, event.key === 'ArrowDown' ? 1 : -1);
  } else if (event.key === 'Enter' && event.target === cannedFind) {
    event.preventDefault();
    items[0]?.click();
  }
});
cannedFind.addEventListener('input', listCanned);

// ---- Products ---------------------------------------------------------------------------------------------------

let typing = 0;

async function searchProducts() {
  const text = finder.value.trim();
  find('screen').hidden = Boolean(text);
  find('results').hidden = !text;
  if (!text) return redraw(find('results'), '');
  const found = await call('search', { text });
  if (found && finder.value.trim() === found.text) redraw(find('results'), found.html);
}

function clearSearch() {
  finder.value = '';
  searchProducts();
}

finder.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(searchProducts, TYPING_MS);
});
finder.addEventListener('keydown', (event) => {
  const adds = [...find('results').querySelectorAll('.row-add')];
  if (event.key === 'Enter') adds[0]?.matches('[aria-pressed="false"]') && adds[0].click();
  else if (event.key === 'ArrowDown') adds[0]?.focus();
  else return;
  event.preventDefault();
});
find('results').addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  event.preventDefault();
  const adds = [...find('results').querySelectorAll('.row-add')];
  if (event.key === 'ArrowUp' && document.activeElement === adds[0]) finder.focus();
  else moveWithin(adds, event.key === 'ArrowDown' ? 1 : -1);
});
