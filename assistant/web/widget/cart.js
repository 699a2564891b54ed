// The cart, in a dialog that fills the panel, and the count of what is in it on the button that opens it.

import { button, node, optionsOf, picture, safeLink, sheet } from './parts.js';
import { money, text } from './texts.js';

// `on = {press(kind, line), checkout()}`; with `address`, the shop's own cart, one checks out there.
export function showCart(cart, on, address = '') {
  showCount(cart.lines.reduce((sum, line) => sum + line.quantity, 0));
  const { body } = sheet('cart');
  const focused = body.querySelector(':focus')?.dataset.key;
  body.replaceChildren(...(cart.lines.length ? [linesOf(cart, on), footOf(cart, on, address)] : [nothing()]));
  if (focused) (body.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? document.querySelector('#cart-title')).focus();
}

function showCount(count) {
  const shown = document.querySelector('[data-cart-count]');
  shown.hidden = !count;
  shown.replaceChildren(count > 99 ? '99+' : String(count), node('span', 'only-read', ` (${text('in_cart', { count })})`));
}

function linesOf(cart, on) {
  const list = node('ul', 'lines');
  list.append(...cart.lines.map((line) => {
    const item = node('li', 'line');
    const words = node('div', 'line-text');
    const total = node('p', 'line-total', money(line.total, cart.currency));
    const chosen = line.is_undecided ? text('undecided') : optionsOf(line.options);
    words.append(node('p', 'line-title', line.title), node('p', 'soft', chosen));
    item.append(picture(line.image_url), words, total, changesOf(line, on));
    return item;
  }));
  return list;
}

function changesOf(line, on) {
  const { title } = line;
  const make = (className, key, kind) => {
    const made = button(className, text(key), () => on.press(kind, line), text(`${key}_of`, { title }));
    made.dataset.key = `${kind} ${line.product_id} ${line.variant_id ?? ''}`; // the same button of the next showing
    return made;
  };
  const changes = node('div', 'changes');
  changes.append(node('span', '', text('quantity', { number: line.quantity })));
  changes.append(make('link', 'one_more', 'cart_add'), make('link', 'remove', 'cart_remove'));
  return changes;
}

function footOf(cart, on, address) {
  const foot = node('div', 'sheet-foot');
  const total = node('p', 'total');
  total.append(node('span', '', text('total')), node('strong', '', money(cart.total, cart.currency)));
  foot.append(total, safeLink(address) ? linkTo(address) : button('button primary wide', text('checkout'), on.checkout));
  return foot;
}

function linkTo(address) {
  return Object.assign(node('a', 'button primary wide', text('shop_cart')), { href: address, target: '_top' });
}

function nothing() {
  const empty = node('div', 'nothing');
  empty.append(node('span', 'drawn'), node('strong', '', text('cart_empty')), node('p', '', text('cart_empty_lead')));
  return empty;
}
