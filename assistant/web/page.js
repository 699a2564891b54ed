// The chat page's behaviour. Runs once, as the body of a function that Gradio calls with `element` (the page's root),
// `trigger` (begins a turn in Python), `server` (asks Python for news), `props` (`setup` and the latest `value`) and
// `watch`. The body is page.js (turns and buttons), thread.js (messages), news.js (what others write) and start.js.
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
const PLACEHOLDER = box.placeholder;

// Turns take turns in two lanes: stopping the one must not touch the next, which may begin in the same moment.
// Gradio finds a component's events by their quoted names: 'turn_a', 'turn_b', 'stop_a', 'stop_b'.
const LANES = ['a', 'b'];
const QUIET_MS = 8000; // silence after which we look whether the server is still there

// ---- What this tab remembers ------------------------------------------------------------------------------------

// Session storage lives as long as the tab: a reload keeps the conversation, another tab has its own.
const kept = { conversation: '', shopper: '', hash: '', draft: '', unfinished: null };
try { Object.assign(kept, JSON.parse(sessionStorage.getItem('shop'))); } catch { /* storage is blocked: no reload keeps it */ }

function remember(change) {
  Object.assign(kept, change);
  try { sessionStorage.setItem('shop', JSON.stringify(kept)); } catch { /* as above */ }
}

let turn = null; // the turn that runs: {id, lane, bubble, shown (text so far), follows, lastNews, applied}
let lastSent = null; // what "Try again" sends: {call, said, look}; `call.message` is its id, so that it counts once
let turnCount = 0;

// ---- A turn -----------------------------------------------------------------------------------------------------

// Not crypto.randomUUID, which a browser has on secure addresses alone.
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
const answerId = (messageId) => `${messageId}.answer`;

// `call` is what Python gets; `said` is how the thread shows it: the shopper's words or the pressed button.
function startTurn(call, said, look = 'shopper') {
  if (turn) stopTurn(false);
  lastSent = { call: { ...call, message: newId() }, said, look };
  remember({ unfinished: lastSent });
  if (status.now === 'resolved') showStatus('bot', '');
  runTurn();
}

// Sent again under the same id, which the shop counts once.
function retry() {
  dropProblems();
  if (messageOf(answerId(lastSent.call.message))?.dataset.saved === undefined) runTurn();
}

function runTurn() {
  setEmpty(false);
  suggestions.replaceChildren();
  dropProblems();
  const { call, said, look } = lastSent;
  addUnsaved({ id: call.message, role: 'shopper', text: said }, look);
  messageOf(answerId(call.message))?.remove(); // what came of it before it failed
  const bubble = addUnsaved({ id: answerId(call.message), role: 'assistant', text: '' });
  bubble.classList.add('waiting');
  bubble.setAttribute('aria-busy', 'true'); // read it out once it is whole, not word by word
  const dots = node('div', 'dots');
  dots.setAttribute('aria-hidden', 'true');
  dots.append(node('i'), node('i'), node('i'));
  bubble.append(dots);
  const lane = LANES[++turnCount % LANES.length];
  turn = { id: `${Date.now()}-${turnCount}`, lane, bubble, shown: '', follows: true, lastNews: Date.now(), applied: {} };
  setPhase('busy');
  scrollToNewest();
  trigger(`turn_${turn.lane}`, { ...call, turn: turn.id, conversation: kept.conversation, shopper: kept.shopper, hash: kept.hash });
}

function stopTurn(byShopper) {
  if (!turn) return;
  trigger(`stop_${turn.lane}`);
  if (byShopper && !turn.shown) turn.shown = turn.bubble.querySelector('.text').textContent = 'Stopped.';
  keepAsItIs(turn.bubble);
  keepAsItIs(messageOf(lastSent.call.message)); // it may never have got through, and must not go behind later ones
  remember({ unfinished: null });
  endTurn(STOP_MS); // until then the shop has saved what there was
}

function endTurn(wait = 0) {
  const { bubble, shown } = turn;
  turn = null;
  bubble.classList.remove('waiting');
  bubble.setAttribute('aria-busy', 'false');
  bubble.querySelector('.dots')?.remove();
  if (!shown) bubble.remove();
  shop.querySelectorAll('[data-pending]').forEach((button) => button.removeAttribute('data-pending'));
  setPhase('idle');
  askNewsIn(wait);
}

function failTurn(message, retryable) {
  if (turn) {
    keepAsItIs(turn.bubble);
    endTurn();
  }
  setPhase('failed');
  showProblem(message, retryable && lastSent);
}

// ---- What Python sends ------------------------------------------------------------------------------------------

function applyView(view) {
  if (!turn || view.turn !== turn.id) return; // a turn that was stopped
  turn.lastNews = Date.now();
  if (view.conversation !== kept.conversation) follow(view.conversation);
  applyAnswer(view.answer);
  applyShared(view, turn.applied);
  if (view.phase === 'failed') failTurn(view.problem.message, view.problem.retryable);
  else if (view.phase === 'done') finishTurn();
}

function finishTurn() {
  remember({ unfinished: null });
  endTurn();
}

function applyShared(view, applied) {
  const changed = (name) => view[name] !== null && JSON.stringify(view[name]) !== applied[name];
  if (changed('shelf')) showShelf(view.shelf);
  if (changed('cart')) showCart(view.cart, true);
  if (changed('suggestions')) showSuggestions(view.suggestions);
  if (changed('status') && view.status === 'human') askNewsIn(0); // who it is that has joined
  else if (changed('status')) showStatus(view.status, '');
  for (const name of ['shelf', 'cart', 'suggestions', 'status']) applied[name] = JSON.stringify(view[name]);
}

function applyAnswer(answer) {
  if (answer === turn.shown) return;
  const text = turn.bubble.querySelector('.text');
  // Only the new words are added, so that a selection in the old ones stays.
  text.append(answer.slice(turn.shown.length));
  turn.shown = answer;
  turn.bubble.classList.remove('waiting');
  if (turn.follows) scrollToNewest(false);
}

// Keeps the keyboard's place when a part of the page is drawn anew.
function redraw(target, html, fallback) {
  const active = target.contains(document.activeElement) ? document.activeElement : null;
  target.innerHTML = html;
  if (!active) return;
  const keyed = [...target.querySelectorAll('[data-key]')];
  (keyed.find((each) => each.dataset.key === active.dataset.key) || fallback).focus({ preventScroll: true });
}

let shelfShown = null; // the ids of its products, null while there is none

function showShelf(shelf) {
  redraw(needBox, shelf.need, shelfTitle);
  redraw(shelfBody, shelf.html, shelfTitle);
  shelfBody.scrollTo({ top: 0, left: 0 });
  const count = shelf.ids.length;
  shelfTitle.textContent = count === 1 ? '1 product' : count ? `${count} products` : 'No match';
  shelfShown = shelf.html ? shelf.ids : null;
  shop.toggleAttribute('data-shelf-filled', Boolean(shelf.html));
}

let cartShown = '';

function showCart(cart, news) {
  cartShown = cart.html;
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
  suggestions.replaceChildren(...texts.filter((text) => text !== setup.stop_waiting).map((text) => actionButton('chip suggestion', text, 'suggest')));
  if (wasAtEnd) talk.scrollTop = talk.scrollHeight;
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
  startTurn({ kind, product: holder.dataset.product, variant }, PRESSED[kind](holder.dataset.title), 'pressed');
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
  follow('');
  lastSent = null;
  [thread, suggestions, shelfBody, needBox].forEach((each) => each.replaceChildren());
  shop.removeAttribute('data-shelf-filled');
  shelfShown = null;
  emptyCart();
  showStatus('bot', '');
  setPhase('idle');
  setEmpty(true);
  greet();
}

const ACTIONS = {
  open: (button) => openDetails(button.closest('.card, .sent-card')),
  close: (button) => button.closest('dialog').close(),
  cart: () => { cartDrawer.showModal(); cartDrawer.querySelector('h2').focus(); },
  checkout: () => { cartDrawer.close(); startTurn({ kind: 'say', text: 'Check out' }, 'Check out'); },
  new: () => { beginAnew(); focusBox(); },
  stop: () => { stopTurn(true); focusBox(); },
  retry,
  newest: () => { showNewest(); focusBox(); },
  ask_person: () => { say(setup.ask_person); focusBox(); },
  stop_waiting: () => { say(setup.stop_waiting); focusBox(); },
  suggest: (button) => { say(button.textContent); focusBox(); },
  drop_need: (button) => startTurn(
    { kind: 'drop_need', slot: button.dataset.slot, value: button.dataset.value }, `Without: ${button.dataset.label}`, 'pressed'),
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
  remember({ shopper: picker.value, hash: '' });
  beginAnew();
  focusBox();
});
