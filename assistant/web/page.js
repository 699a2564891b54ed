// The chat page's behaviour. Runs once, as the body of a function that Gradio calls with `element` (the page's root),
// `trigger` (calls Python), `props` (`setup` and the latest `value`) and `watch`.
//
// Text is always set as text. HTML is only ever taken from the server's autoescaped templates (shelf, need, cart).

const setup = props.setup;
const shop = element.querySelector('.shop');
const find = (name) => shop.querySelector(`[data-${name}]`);
const thread = find('thread');
const feed = shop.querySelector('.feed');
const talk = shop.querySelector('.talk'); // the conversation
const shelfBody = find('shelf');
const shelfTitle = find('shelf-title');
const needBox = find('need');
const cartBox = find('cart');
const cartCount = find('cart-count');
const cartDrawer = find('cart-drawer');
const details = find('details');
const suggestions = find('suggestions');
const banner = find('banner');
const picker = find('shopper');
const composer = find('composer');
const box = composer.querySelector('textarea');

// Turns take turns in two lanes: stopping the one must not touch the next, which may begin in the same moment.
// Gradio finds a component's events by their quoted names: 'turn_a', 'turn_b', 'stop_a', 'stop_b'.
const LANES = ['a', 'b'];
const QUIET_MS = 8000; // silence after which we look whether the server is still there
const STATUS_TEXT = {
  pending: 'A person has been asked to join. Until then the assistant still answers.',
  human: 'You are now talking with a person from the shop.',
  resolved: 'This conversation is closed. Write again and the assistant answers.',
};

// ---- What this tab remembers ------------------------------------------------------------------------------------

// Session storage lives as long as the tab: a reload keeps the conversation, another tab has its own.
const kept = { conversation: '', shopper: '', draft: '' };
try { Object.assign(kept, JSON.parse(sessionStorage.getItem('shop'))); } catch { /* storage is blocked: no reload keeps it */ }

function remember(change) {
  Object.assign(kept, change);
  try { sessionStorage.setItem('shop', JSON.stringify(kept)); } catch { /* as above */ }
}

let turn = null; // the turn that runs: {id, lane, bubble, shown (text so far), lastNews, applied}
let lastCall = null; // what "Try again" sends
let turnCount = 0;

// ---- The thread -------------------------------------------------------------------------------------------------

function node(tag, className = '', text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

function actionButton(className, text, action) {
  const button = node('button', className, text);
  button.type = 'button';
  button.dataset.action = action;
  return button;
}

function addMessage(role, text) {
  const message = node('div', `message ${role}`);
  const speaker = { shopper: 'You', assistant: 'Assistant', agent: 'A person from the shop' }[role];
  if (speaker) message.append(node('span', role === 'agent' ? 'speaker' : 'only-read', `${speaker}: `));
  message.append(node('div', 'text', text));
  thread.append(message);
  return message;
}

// On a phone the whole feed scrolls (messages, then the shelf); on a wide screen only the conversation does.
const scroller = () => (getComputedStyle(feed).display === 'contents' ? talk : feed);

function scrollToNewest(smooth = true) {
  const last = [...thread.querySelectorAll('.shopper, .pressed')].pop();
  const area = scroller();
  if (!last) return;
  const top = last.getBoundingClientRect().top - area.getBoundingClientRect().top + area.scrollTop - 12;
  area.scrollTo({ top, behavior: smooth && !matchMedia('(prefers-reduced-motion: reduce)').matches ? 'smooth' : 'auto' });
}

// While the shopper reads at the end of the conversation, follow the words; once they scroll up, leave them alone.
const isAtEnd = () => scroller() === talk && talk.scrollHeight - talk.scrollTop - talk.clientHeight < 90;

function followText() {
  if (isAtEnd()) talk.scrollTop = talk.scrollHeight;
}

const setEmpty = (empty) => shop.toggleAttribute('data-empty', empty);
const setPhase = (phase) => { shop.dataset.phase = phase; };

// ---- A turn -----------------------------------------------------------------------------------------------------

// `call` is what Python gets; `said` is how the thread shows it: the shopper's words or the pressed button.
function startTurn(call, said, pressed = false) {
  if (turn) stopTurn(false);
  setEmpty(false);
  suggestions.replaceChildren();
  thread.querySelectorAll('.message.problem').forEach((old) => old.remove());
  if (said) addMessage(pressed ? 'pressed' : 'shopper', said);
  const bubble = addMessage('assistant', '');
  bubble.classList.add('waiting');
  bubble.setAttribute('aria-busy', 'true'); // read it out once it is whole, not word by word
  const dots = node('div', 'dots');
  dots.setAttribute('aria-hidden', 'true');
  dots.append(node('i'), node('i'), node('i'));
  bubble.append(dots);
  const lane = LANES[++turnCount % LANES.length];
  turn = { id: `${Date.now()}-${turnCount}`, lane, bubble, shown: '', lastNews: Date.now(), applied: {} };
  lastCall = call;
  setPhase('busy');
  scrollToNewest();
  trigger(`turn_${turn.lane}`, { ...call, turn: turn.id, conversation: kept.conversation, shopper: kept.shopper });
}

function stopTurn(byShopper) {
  if (!turn) return;
  trigger(`stop_${turn.lane}`);
  if (byShopper && !turn.shown) turn.shown = turn.bubble.querySelector('.text').textContent = 'Stopped.';
  endTurn();
}

function endTurn() {
  const { bubble, shown } = turn;
  turn = null;
  bubble.classList.remove('waiting');
  bubble.setAttribute('aria-busy', 'false');
  bubble.querySelector('.dots')?.remove();
  if (!shown) bubble.remove();
  shop.querySelectorAll('[data-pending]').forEach((button) => button.removeAttribute('data-pending'));
  setPhase('idle');
}

function failTurn(message, retryable) {
  if (turn) endTurn();
  setPhase('failed');
  const problem = addMessage('problem', message);
  problem.setAttribute('role', 'alert');
  if (retryable && lastCall) problem.append(actionButton('button', 'Try again', 'retry'));
  problem.scrollIntoView({ block: 'nearest' });
}

// ---- What Python sends ------------------------------------------------------------------------------------------

function applyView(view) {
  if (view.phase === 'restored' || view.phase === 'unknown') return applyRestored(view);
  if (!turn || view.turn !== turn.id) return; // a turn that was stopped
  turn.lastNews = Date.now();
  remember({ conversation: view.conversation });
  applyAnswer(view.answer);
  applyShared(view, turn.applied);
  if (view.phase === 'failed') failTurn(view.problem.message, view.problem.retryable);
  else if (view.phase === 'done') endTurn();
}

function applyShared(view, applied) {
  const changed = (name) => view[name] !== null && JSON.stringify(view[name]) !== applied[name];
  if (changed('shelf')) showShelf(view.shelf);
  if (changed('cart')) showCart(view.cart, true);
  if (changed('suggestions')) showSuggestions(view.suggestions);
  if (changed('status')) showStatus(view.status);
  for (const name of ['shelf', 'cart', 'suggestions', 'status']) applied[name] = JSON.stringify(view[name]);
}

function applyAnswer(answer) {
  if (answer === turn.shown) return;
  const text = turn.bubble.querySelector('.text');
  // Only the new words are added, so that a selection in the old ones stays.
  text.append(answer.slice(turn.shown.length));
  turn.shown = answer;
  turn.bubble.classList.remove('waiting');
  followText();
}

function applyRestored(view) {
  if (turn) return; // the shopper was quicker
  setPhase('idle');
  if (view.phase === 'unknown') return beginAnew();
  thread.replaceChildren();
  thread.setAttribute('aria-live', 'off'); // old messages are not news
  view.thread.forEach((line) => line.text && addMessage(line.role, line.text));
  setTimeout(() => thread.setAttribute('aria-live', 'polite'), 500);
  setEmpty(!view.thread.length && !view.shelf);
  if (view.shelf) showShelf(view.shelf);
  if (view.cart) showCart(view.cart, false);
  showStatus(view.status);
  scrollToNewest(false);
}

// Keeps the keyboard's place when a part of the page is drawn anew.
function redraw(target, html, fallback) {
  const active = target.contains(document.activeElement) ? document.activeElement : null;
  target.innerHTML = html;
  if (!active) return;
  const keyed = [...target.querySelectorAll('[data-key]')];
  (keyed.find((each) => each.dataset.key === active.dataset.key) || fallback).focus({ preventScroll: true });
}

function showShelf(shelf) {
  redraw(needBox, shelf.need, shelfTitle);
  redraw(shelfBody, shelf.html, shelfTitle);
  shelfBody.scrollTo({ top: 0, left: 0 });
  shelfTitle.textContent = shelf.count === 1 ? '1 product' : shelf.count ? `${shelf.count} products` : 'No match';
  shop.toggleAttribute('data-shelf-filled', true);
}

function showCart(cart, news) {
  redraw(cartBox, cart.html, cartDrawer.querySelector('h2'));
  cartCount.textContent = cart.count;
  cartCount.hidden = !cart.count;
  shop.querySelector('.cart-button').setAttribute('aria-label', `Cart, ${cart.count} ${cart.count === 1 ? 'item' : 'items'}`);
  if (!news) return;
  cartCount.classList.remove('bump');
  void cartCount.offsetWidth; // restarts the animation
  cartCount.classList.add('bump');
  shop.querySelectorAll('[data-action="cart_add"][data-pending]').forEach((button) => {
    if (button.closest('[data-cart]')) return;
    button.textContent = 'Added';
    setTimeout(() => { button.textContent = 'Add to cart'; }, 1600);
  });
}

const emptyCart = () => showCart({ html: setup.empty_cart, count: 0 }, false);

function showSuggestions(texts) {
  const wasAtEnd = isAtEnd(); // the suggestions take their room from the conversation
  suggestions.replaceChildren(...texts.map((text) => actionButton('chip suggestion', text, 'suggest')));
  if (wasAtEnd) talk.scrollTop = talk.scrollHeight;
}

function showStatus(status) {
  banner.textContent = STATUS_TEXT[status] || '';
  banner.hidden = !STATUS_TEXT[status];
}

// ---- Buttons ----------------------------------------------------------------------------------------------------

const PRESSED = {
  cart_add: (title) => `Add to cart: ${title}`,
  cart_remove: (title) => `Remove from cart: ${title}`,
  more_like_this: (title) => `More like ${title}`,
  not_for_me: (title) => `Not for me: ${title}`,
};

function pressProduct(button) {
  const kind = button.dataset.action;
  const holder = button.closest('[data-product]');
  const chosen = holder.querySelector('[data-variant]')?.value;
  const variant = holder.dataset.variantId ?? chosen ?? '';
  button.dataset.pending = '';
  if (kind === 'more_like_this' || kind === 'not_for_me') details.close();
  startTurn({ kind, product: holder.dataset.product, variant }, PRESSED[kind](holder.dataset.title), true);
}

function openDetails(card) {
  details.dataset.product = card.dataset.product;
  details.dataset.title = card.dataset.title;
  find('details-content').replaceChildren(card.querySelector('template').content.cloneNode(true));
  const here = card.querySelector('.card-foot [data-variant]');
  const there = details.querySelector('[data-variant]');
  if (here && there) there.value = here.value;
  card.querySelector('.card-title').focus({ preventScroll: true }); // where the focus returns to
  details.showModal();
  details.scrollTop = 0;
  details.querySelector('h2').focus({ preventScroll: true });
  trigger('seen', { conversation: kept.conversation, product: card.dataset.product });
}

function beginAnew() {
  if (turn) stopTurn(false);
  remember({ conversation: '' });
  lastCall = null;
  [thread, suggestions, shelfBody, needBox].forEach((each) => each.replaceChildren());
  shop.removeAttribute('data-shelf-filled');
  emptyCart();
  showStatus('bot');
  setPhase('idle');
  setEmpty(true);
  greet();
}

const ACTIONS = {
  open: (button) => openDetails(button.closest('.card')),
  close: (button) => button.closest('dialog').close(),
  cart: () => { cartDrawer.showModal(); cartDrawer.querySelector('h2').focus(); },
  checkout: () => { cartDrawer.close(); startTurn({ kind: 'say', text: 'Check out' }, 'Check out'); },
  new: () => { beginAnew(); focusBox(); },
  stop: () => { stopTurn(true); focusBox(); },
  retry: () => startTurn(lastCall, ''),
  suggest: (button) => { say(button.textContent); focusBox(); },
  drop_need: (button) => startTurn(
    { kind: 'drop_need', slot: button.dataset.slot, value: button.dataset.value }, `Without: ${button.dataset.label}`, true),
};

shop.addEventListener('click', (event) => {
  if (event.target === cartDrawer || event.target === details) return event.target.close(); // the backdrop
  const button = event.target.closest('[data-action]:not(:disabled)');
  if (!button) return;
  const act = ACTIONS[button.dataset.action] || pressProduct;
  act(button);
});

// A picture that does not load leaves the drawing behind it to be seen.
shop.addEventListener('error', (event) => { if (event.target.tagName === 'IMG') event.target.remove(); }, true);

// ---- Writing ----------------------------------------------------------------------------------------------------

function say(text) {
  if (text.trim()) startTurn({ kind: 'say', text: text.trim() }, text.trim());
}

// On a touch screen the focus would bring up the keyboard over the answer.
function focusBox() {
  if (matchMedia('(hover: hover)').matches) box.focus({ preventScroll: true });
}

function fitBox() {
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, 140)}px`;
}

composer.addEventListener('submit', (event) => {
  event.preventDefault();
  say(box.value);
  box.value = '';
  fitBox();
});
box.addEventListener('input', fitBox);
box.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

picker.addEventListener('change', () => {
  remember({ shopper: picker.value });
  beginAnew();
  focusBox();
});

// ---- The connection ---------------------------------------------------------------------------------------------

async function serverAnswers() {
  return fetch('healthz', { cache: 'no-store', signal: AbortSignal.timeout(4000) }).then((answer) => answer.ok, () => false);
}

async function waitForServer() {
  if ('connection' in banner.dataset) return;
  if (turn) failTurn('The connection was lost while the shop was answering.', true);
  banner.textContent = 'The shop cannot be reached. Trying again…';
  banner.hidden = false;
  banner.dataset.connection = '';
  while (!(await serverAnswers())) await new Promise((resolve) => setTimeout(resolve, 2000));
  remember({ draft: box.value });
  location.reload(); // the tab remembers its conversation, and the new page talks to the server that is there now
}

setInterval(async () => {
  if (!turn || Date.now() - turn.lastNews < QUIET_MS) return;
  if (await serverAnswers()) {
    if (turn && !turn.shown) turn.bubble.classList.add('slow');
  } else waitForServer();
}, 2000);
addEventListener('offline', async () => { if (!(await serverAnswers())) waitForServer(); });
addEventListener('shop-call-failed', async ({ detail: lane }) => {
  if (lane && turn?.lane !== lane) return; // a turn that was stopped
  if (!(await serverAnswers())) return waitForServer();
  failTurn('Something went wrong on our side. Nothing of yours is lost.', true);
});

// ---- Start ------------------------------------------------------------------------------------------------------

function greet() {
  const known = setup.shoppers.find((each) => each.id === kept.shopper);
  find('welcome').textContent = known ? `Welcome back, ${known.name}.` : `Welcome to ${setup.shop}.`;
}

document.documentElement.lang = setup.language;
find('shop-name').textContent = setup.shop;
find('examples').replaceChildren(...setup.examples.map((text) => {
  const item = node('li');
  item.append(actionButton('example', text, 'suggest'));
  return item;
}));
if (setup.shoppers.length) {
  picker.append(new Option('New guest', ''));
  setup.shoppers.forEach((each) => picker.append(new Option(`${each.name} – ${each.persona}`, each.id)));
  picker.closest('label').hidden = false;
  picker.value = kept.shopper;
}
emptyCart();
greet();
watch('value', () => { if (props.value) applyView(props.value); });
if (kept.conversation) {
  setEmpty(false);
  setPhase('restoring');
  trigger('restore', { conversation: kept.conversation, turn: 'restore' });
}
box.value = kept.draft;
remember({ draft: '' });
focusBox();
shop.dataset.ready = '';
