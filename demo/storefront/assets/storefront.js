// The shop's own script: its basket, which this browser keeps, and the shop's word with the assistant.
//
// The basket holds ids and quantities alone; titles, prices and stock are asked of the shop each time they are shown.

const KEY = 'basket';
const SAID_MS = 5000;
const OFFLINE = 'We can’t reach the shop just now. Please try again in a moment.';

const find = (name, root = document) => root.querySelector(`[data-${name}]`);
const sameThing = (one, other) => one.product_id === other.product_id && one.variant_id === other.variant_id;

// ---- What is in the basket --------------------------------------------------------------------------------------

let kept = []; // what there is where storage is blocked: the basket lives as long as the page

function read() {
  try {
    kept = (JSON.parse(localStorage.getItem(KEY)) || []).filter(isLine);
  } catch { /* blocked, or not ours */ }
  return kept;
}

function keep(lines) {
  kept = lines.filter((line) => line.quantity > 0);
  try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* as above */ }
  showCount();
  showBasket();
}

const isLine = (line) => typeof line?.product_id === 'string' && line.quantity > 0;
const lineOf = ({ product_id, variant_id, quantity }) => ({ product_id, variant_id: variant_id || '', quantity });

// The lines with `line` in the place of the one for the same thing, or behind the others.
function withLine(line) {
  const lines = read();
  return lines.some((each) => sameThing(each, line))
    ? lines.map((each) => (sameThing(each, line) ? line : each))
    : [...lines, line];
}

const heldOf = (line) => read().find((each) => sameThing(each, line))?.quantity || 0;

async function price(lines) {
  let response;
  try {
    const headers = { 'Content-Type': 'application/json' };
    response = await fetch('/basket/lines', { method: 'POST', headers, body: JSON.stringify(lines) });
  } catch { throw new Error(OFFLINE); }
  if (!response.ok) throw new Error(OFFLINE);
  return response.json();
}

// Throws an Error with a word for the shopper where the shop can't sell it.
async function add(item) {
  const line = lineOf({ quantity: 1, ...item });
  const { lines: [told] } = await price([{ ...line, quantity: heldOf(line) + line.quantity }]);
  if (told.problem) throw new Error(told.problem);
  keep(withLine({ ...line, quantity: heldOf(line) + line.quantity }));
  say(`In your basket: ${told.title}`);
}

function remove(item) {
  const line = lineOf(item);
  if (!heldOf(line)) return;
  keep(withLine({ ...line, quantity: heldOf(line) - (line.quantity || heldOf(line)) }));
  say('Your basket has changed.');
}

// ---- What every page shows --------------------------------------------------------------------------------------

let silence = 0;

function say(text) {
  find('said').textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { find('said').textContent = ''; }, SAID_MS);
}

function showCount() {
  const count = read().reduce((sum, line) => sum + line.quantity, 0);
  find('count').textContent = count;
  find('count').hidden = !count;
}

// ---- The product page -------------------------------------------------------------------------------------------

function startProductPage(form) {
  const pieces = JSON.parse(form.dataset.pieces);
  const quantity = find('quantity', form);

  function chosen() {
    const choices = Array.from(form.querySelectorAll('select'));
    return pieces.find((piece) => choices.every((choice) => piece.options[choice.name] === choice.value));
  }

  function showChoice() {
    const piece = chosen();
    find('stock').textContent = piece ? piece.told : 'Not made like this';
    find('add', form).disabled = !piece?.most;
    quantity.max = piece?.most || 1;
    if (piece) find('price').textContent = piece.price;
    find('problem', form).textContent = '';
  }

  form.addEventListener('change', (event) => { if (event.target !== quantity) showChoice(); });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const item = { product_id: form.dataset.productId, variant_id: chosen().id, quantity: quantity.valueAsNumber };
    find('problem', form).textContent = '';
    try { await add(item); } catch (error) { find('problem', form).textContent = error.message; }
  });
  showChoice(); // browsers bring back on a reload what was chosen before
}

// ---- The page of the basket -------------------------------------------------------------------------------------

let asked = 0; // of answers that cross each other the one to the last question counts

async function showBasket() {
  const page = find('basket');
  if (!page) return;
  const question = ++asked;
  try {
    const basket = await price(read());
    if (question === asked) showLines(page, basket);
  } catch (error) {
    find('problem', page).textContent = error.message;
  }
}

function showLines(page, basket) {
  find('problem', page).textContent = '';
  find('nothing', page).hidden = basket.lines.length > 0;
  find('sum', page).hidden = !basket.lines.length;
  find('total', page).textContent = basket.total;
  const focused = focusedIn(page);
  find('lines', page).replaceChildren(...basket.lines.map(lineNode));
  focusAgain(page, focused);
}

function lineNode(line) {
  const node = document.getElementById('line').content.cloneNode(true).firstElementChild;
  const texts = { title: line.title, options: line.options, 'line-problem': line.problem, 'line-sum': line.sum };
  Object.entries(texts).forEach(([name, text]) => { find(name, node).textContent = text; });
  find('each', node).textContent = line.quantity > 1 && line.each ? `${line.each} each` : '';
  find('label', node).textContent = `Quantity of ${line.title}`;
  find('remove', node).setAttribute('aria-label', `Remove ${line.title}`);
  if (line.address) find('title', node).href = line.address;
  if (line.image) find('image', node).src = line.image; else find('image', node).remove();
  const quantity = find('quantity', node);
  quantity.closest('label').hidden = !line.most;
  quantity.value = line.quantity;
  quantity.max = Math.max(line.most, 1);
  quantity.addEventListener('change', () => {
    if (quantity.valueAsNumber >= 1) keep(withLine({ ...lineOf(line), quantity: Math.floor(quantity.valueAsNumber) }));
    else quantity.value = line.quantity;
  });
  find('remove', node).addEventListener('click', () => remove(line));
  return node;
}

// The lines are made anew at each change; whoever works with the keyboard stays where they were.
function focusedIn(page) {
  const element = document.activeElement;
  const place = Array.from(find('lines', page).children).findIndex((line) => line.contains(element));
  return place < 0 ? null : { place, control: element.tagName };
}

function focusAgain(page, focused) {
  if (!focused) return;
  const lines = find('lines', page).children;
  const line = lines[Math.min(focused.place, lines.length - 1)];
  (line?.querySelector(focused.control) || page.querySelector('h1')).focus();
}

// ---- The assistant ----------------------------------------------------------------------------------------------

function meetAssistant(assistant) {
  assistant.on('addtocart', add);
  assistant.on('removefromcart', remove);
  document.querySelectorAll('[data-ask]').forEach((button) => {
    button.disabled = false; // without the assistant nobody would answer
    button.addEventListener('click', () => {
      assistant.open();
      assistant.send(button.dataset.ask);
    });
  });
}

(window.Shelfwise ||= []).push(meetAssistant);

// On a narrow screen the department that one is in may lie beside it.
function showDepartment() {
  const here = document.querySelector('.departments [aria-current]');
  if (here) here.closest('nav').scrollLeft = here.offsetLeft - (innerWidth - here.offsetWidth) / 2;
}

showCount();
showBasket();
showDepartment();
const form = document.querySelector('form.buy');
if (form) startProductPage(form);
// Another tab of the shop, or this page brought back by the browser's back button.
window.addEventListener('storage', () => { showCount(); showBasket(); });
window.addEventListener('pageshow', (event) => { if (event.persisted) { showCount(); showBasket(); } });
