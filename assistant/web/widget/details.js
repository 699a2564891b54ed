// All about one product, in a dialog that fills the panel.

import { actions, node, picture, price, rating, safeLink, sheet, stock, violations } from './parts.js';
import { text, written } from './texts.js';

// `on.press` as on the shelf. "Added to cart" leaves it open; the other two go back to the thread, where the answer comes.
export function openDetails(card, on) {
  const { dialog, body } = sheet('details');
  const { product } = card;
  const press = (kind, line) => {
    if (kind !== 'cart_add') dialog.close();
    on.press(kind, line);
  };
  const title = node('h2', '', product.title);
  title.id = 'details-title';
  title.tabIndex = -1;
  const facts = node('div', 'facts');
  facts.append(node('p', 'brand', product.brand ?? ''), title, rating(product), price(product), stock(product));
  const description = node('p', 'description', product.description ?? '');
  facts.append(...violations(card.violates), actions(product, { press }), description);
  facts.append(attributesOf(product), ownPage(product.url));
  body.replaceChildren(picture(product.image_url), facts);
  body.scrollTop = 0;
  if (!dialog.open) dialog.showModal();
  title.focus({ preventScroll: true });
}

function attributesOf({ attributes = {} }) {
  const names = Object.entries(attributes);
  if (!names.length) return '';
  const list = node('dl', 'attributes');
  list.setAttribute('aria-label', text('attributes'));
  list.append(...names.map(([name, value]) => {
    const row = node('div');
    row.append(node('dt', '', name.replaceAll('_', ' ')), node('dd', '', [value].flat().join(', ')));
    return row;
  }));
  return list;
}

// A page of the shop that is open opens in its place, another one beside it.
function ownPage(address) {
  if (!safeLink(address)) return '';
  const isHere = new URL(address).origin === written('setup').origin;
  const link = node('a', 'button wide', text('own_page'));
  Object.assign(link, { href: address, target: isHere ? '_top' : '_blank', rel: 'noopener noreferrer' });
  if (!isHere) link.append(' ', node('span', 'only-read', text('new_tab')));
  return link;
}
