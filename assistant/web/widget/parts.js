// Pieces of the cards, the details and the cart. All text is set as text, and an address is only used if it is safe.

import { money, number, text } from './texts.js';

const FEW_LEFT = 5;
const NOT_FOR_SALE = ['out_of_stock', 'discontinued'];
const ADDED_MS = 2400;

export function node(tag, className = '', words = '') {
  return Object.assign(document.createElement(tag), { className, textContent: words });
}

export function button(className, words, press, label = '') {
  const made = node('button', className, words);
  made.type = 'button';
  if (label) made.setAttribute('aria-label', label);
  made.addEventListener('click', press);
  return made;
}

// A dialog of the page that fills the panel: {dialog, body}.
export function sheet(name) {
  const dialog = document.querySelector(`[data-${name}]`);
  dialog.querySelector('[data-close]').onclick = () => dialog.close();
  return { dialog, body: dialog.querySelector('[data-sheet]') };
}

// ---- Addresses ----

export function safeLink(address) {
  return typeof address === 'string' && /^https?:\/\/[^\s\\]+$/i.test(address) && URL.canParse(address) ? address : '';
}

// Pictures may also be the shop's own, which the panel's server has.
function safeImage(address) {
  const own = /^\/images\/[^\s\\]+$/.test(address) && new URL(address, location.href).pathname.startsWith('/images/');
  return own ? address : safeLink(address);
}

// ---- A product's picture and facts ----

// The drawing behind it (panel.css) is seen until the picture is there, or where there is none.
export function picture(address) {
  const frame = node('span', 'picture');
  const source = safeImage(address);
  if (!source) return frame;
  const image = node('img');
  Object.assign(image, { alt: '', loading: 'lazy', decoding: 'async', referrerPolicy: 'no-referrer' });
  image.addEventListener('error', () => image.remove());
  image.src = source;
  frame.append(image);
  return frame;
}

export function price(product) {
  const line = node('p', 'price');
  if (product.price == null) {
    line.append(node('span', 'soft', text('no_price')));
    return line;
  }
  line.append(node('strong', 'now', money(product.price, product.currency)));
  const saved = percentSaved(product);
  if (saved) {
    const before = node('s');
    before.append(node('span', 'only-read', `${text('instead_of')} `), money(product.list_price, product.currency));
    const percent = number(saved / 100, { style: 'percent' });
    line.append(' ', before, ' ', node('span', 'saved', text('percent_off', { percent })));
  }
  return line;
}

function percentSaved({ price: now, list_price: before }) {
  if (!now || !before || before <= now) return 0;
  return Math.floor(((before - now) * 100) / before + 1e-9); // 20.000000000000004 and 19.999999999999996 are 20
}

// Empty where nobody has rated it.
export function rating({ rating: rated, rating_count: count }) {
  if (rated == null) return '';
  const value = Math.min(5, Math.max(0, rated));
  const written = number(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const line = node('p', 'rating');
  const stars = node('span', 'stars');
  stars.style.setProperty('--rated', `${value * 20}%`);
  const read = count ? text('rated_by', { rating: written, count }) : text('rated', { rating: written });
  const seen = node('span', '', count ? `${written} (${number(count)})` : written);
  for (const drawn of [stars, seen]) drawn.setAttribute('aria-hidden', 'true');
  line.append(node('span', 'only-read', read), stars, seen);
  return line;
}

export function stock({ availability = 'in_stock', stock: left }) {
  const isFew = left > 0 && left <= FEW_LEFT && ['in_stock', 'limited_stock'].includes(availability);
  const state = left === 0 ? 'out_of_stock' : availability;
  const line = node('p', 'stock', isFew ? text('only_left', { number: left }) : text(state));
  line.dataset.stock = isFew ? 'few' : state;
  return line;
}

export function violations(violates = []) {
  return violates.map((broken) => {
    const line = node('p', 'violates');
    line.append(node('span', 'only-read', `${text('does_not_fit')} `), broken);
    return line;
  });
}

export const optionsOf = (options = {}) => Object.values(options).join(', ');

// ---- Buttons of a product ----

const isForSale = ({ availability, stock: left }) => !NOT_FOR_SALE.includes(availability) && left !== 0;

function canBeBought(product) {
  const { variants = [] } = product;
  return product.price != null && isForSale(product) && (!variants.length || variants.some(isForSale));
}

// {element, chosen()}: a choice where there is one; `chosen` is the variant's id, null where the product has none.
function choice(product) {
  const { variants = [] } = product;
  if (variants.length < 2) return { element: '', chosen: () => variants[0]?.id ?? null };
  const label = node('label', 'choice');
  const select = node('select');
  select.append(...variants.map((variant) => optionOf(variant, product)));
  select.value = (variants.find(isForSale) ?? variants[0]).id;
  const names = Object.keys(product.options ?? {}).join(', ') || text('option');
  const arrow = node('span', 'choice-box');
  arrow.append(select);
  label.append(node('span', 'choice-name', names), arrow);
  return { element: label, chosen: () => select.value };
}

function optionOf(variant, product) {
  const words = [optionsOf(variant.options) || variant.id];
  if (!isForSale(variant)) words.push(text('sold_out'));
  else if (variant.price != null && variant.price !== product.price) words.push(money(variant.price, product.currency));
  const option = new Option(words.join(' – '), variant.id);
  option.disabled = !isForSale(variant);
  return option;
}

// Choice and buttons; `on.press(kind, {product_id, variant_id, title})`.
export function actions(product, on) {
  const { element, chosen } = choice(product);
  const { id, title } = product;
  const make = (className, key, kind) => {
    const press = () => on.press(kind, { product_id: id, variant_id: chosen(), title });
    return button(className, text(key), press, text(`${key}_of`, { title }));
  };
  const add = make('button primary', 'add', 'cart_add');
  add.dataset.adds = id;
  add.disabled = !canBeBought(product);
  const foot = node('div', 'actions');
  foot.append(element, add);
  foot.append(make('button quiet', 'more_like_this', 'more_like_this'), make('button quiet', 'not_for_me', 'not_for_me'));
  return foot;
}

// Says on the product's buttons, for a moment, that it is in the cart.
export function markAdded(id) {
  for (const add of document.querySelectorAll(`[data-adds="${CSS.escape(id)}"]`)) {
    add.classList.add('added');
    add.textContent = text('added');
    setTimeout(() => {
      add.classList.remove('added');
      add.textContent = text('add');
    }, ADDED_MS);
  }
}
