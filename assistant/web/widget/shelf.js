// The shelf: cards side by side in the thread, after the answer that brought them.

import { actions, button, node, picture, price, rating, stock, violations } from './parts.js';
import { text } from './texts.js';

const MOST_REASONS = 2;
const EDGE = 16; // pixels between the panel's edge and the first card, as in panel.css

// A strip of `cards`; `on = {press(kind, {product_id, variant_id, title}), open(card)}`.
export function makeShelf(cards, on) {
  const shelf = node('section', 'shelf');
  const title = text('products', { count: cards.length });
  shelf.setAttribute('aria-label', title);
  if (!cards.length) {
    shelf.append(node('p', 'nothing', text('nothing_fits')));
    return shelf;
  }
  const strip = node('ol', 'strip');
  strip.append(...cards.map((card) => makeCard(card, on)));
  strip.addEventListener('focusin', showFocused);
  const head = node('div', 'shelf-head');
  head.append(node('p', '', title), ...turners(strip));
  shelf.append(head, strip);
  return shelf;
}

// An older shelf: its numbers go, so that "the second one" means one thing.
export function retireShelf(shelf) {
  shelf.querySelectorAll('.position').forEach((position) => position.remove());
}

// Small cards of what a person of the shop sent with a message.
export function makeSent(products, on) {
  const list = node('ul', 'sent');
  list.setAttribute('aria-label', text('sent'));
  list.append(...products.map((product) => {
    const item = node('li', 'sent-card');
    const words = node('div', 'sent-text');
    const title = button('card-title', product.title, () => on.open({ product }));
    title.setAttribute('aria-haspopup', 'dialog');
    words.append(title, price(product));
    item.append(picture(product.image_url), words);
    return item;
  }));
  return list;
}

// Who comes to a card by keyboard sees all of it. A mouse is there already, and nothing must move below it.
function showFocused({ currentTarget: strip, target }) {
  if (!target.matches(':focus-visible')) return;
  const [card, view] = [target.closest('.card').getBoundingClientRect(), strip.getBoundingClientRect()];
  const isRightToLeft = getComputedStyle(strip).direction === 'rtl';
  const left = isRightToLeft ? card.right - view.right + EDGE : card.left - view.left - EDGE;
  if (card.left < view.left || card.right > view.right) strip.scrollBy({ left });
}

function makeCard(card, on) {
  const { product, position } = card;
  const item = node('li', 'card');
  const photo = picture(product.image_url);
  photo.addEventListener('click', () => on.open(card)); // with a mouse; the title does it for everybody
  const place = node('span', 'position', String(position));
  place.setAttribute('aria-hidden', 'true');
  const body = node('div', 'card-body');
  const title = button('card-title', product.title, () => on.open(card));
  title.setAttribute('aria-haspopup', 'dialog');
  const heading = node('h2'); // right below the shop's name in the page's outline
  heading.append(node('span', 'position only-read', text('number', { number: position })), ' ', title);
  body.append(node('p', 'brand', product.brand ?? ''), heading, rating(product), price(product), stock(product));
  body.append(...violations(card.violates), reasonsOf(card), actions(product, on));
  item.append(photo, place, body);
  return item;
}

function reasonsOf({ reasons = [] }) {
  if (!reasons.length) return '';
  const list = node('ul', 'reasons');
  list.setAttribute('aria-label', text('reasons'));
  list.append(...reasons.slice(0, MOST_REASONS).map((reason) => node('li', '', reason)));
  return list;
}

// Two buttons that turn the strip on by what is in view, for those who can't scroll sideways.
function turners(strip) {
  const turn = (way) => () => {
    const isRightToLeft = getComputedStyle(strip).direction === 'rtl';
    strip.scrollBy({ left: way * (isRightToLeft ? -1 : 1) * strip.clientWidth * 0.8 });
  };
  const back = button('icon turn back', '', turn(-1), text('earlier'));
  const on = button('icon turn on', '', turn(1), text('later'));
  const show = () => {
    const [at, end] = [Math.abs(strip.scrollLeft), strip.scrollWidth - strip.clientWidth];
    back.hidden = on.hidden = end < 2;
    // Not `disabled`, which would take the focus away from who presses it.
    back.setAttribute('aria-disabled', String(at < 2));
    on.setAttribute('aria-disabled', String(at > end - 2));
  };
  strip.addEventListener('scroll', show, { passive: true });
  new ResizeObserver(show).observe(strip);
  return [back, on];
}
