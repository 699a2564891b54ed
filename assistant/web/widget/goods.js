// What the page shows beside the messages: shelf, cart, need and suggestions; and what is pressed there.

import { showCart } from './cart.js';
import { openDetails } from './details.js';
import { showNeed } from './need.js';
import { markAdded } from './parts.js';
import { makeSent, makeShelf, retireShelf } from './shelf.js';
import { showSuggestions } from './suggestions.js';

const idsOf = (products) => JSON.stringify(products.map((product) => product.id));

// `on = {press, drop, say, checkout, seen}`; `address()` is that of the shop's own cart.
export function makeGoods({ thread, currency, on, address }) {
  const empty = { lines: [], total: 0, currency };
  let cart = empty;
  let ids = '[]'; // of the products on the newest shelf
  let shelf = null;
  const shelfOn = {
    press: on.press,
    open(card) {
      openDetails(card, { press: on.press });
      on.seen(card.product.id);
    },
  };
  const cartOn = { press: on.press, checkout: on.checkout };

  const goods = {
    get cart() { return cart; },
    // `behind` is the answer that brings it; else it stands behind the message that names the same products. That nothing
    // was found, only its answer tells: what the stream told last may be from before it.
    showShelf(cards, behind = null) {
      const idsNow = idsOf(cards.map((card) => card.product));
      const bringer = behind || thread.lastWith(idsNow) || thread.lastAnswer;
      if (!behind && (!cards.length || idsNow === ids || bringer?.querySelector('.sent'))) return null;
      ids = idsNow;
      if (shelf) retireShelf(shelf);
      shelf = makeShelf(cards, shelfOn);
      thread.putBehind(bringer, shelf);
      return shelf;
    },
    showCart(news) {
      cart = news;
      showCart(news, cartOn, address());
    },
    showNeed: (need) => showNeed(need, currency, { drop: on.drop }),
    suggest: (texts) => showSuggestions(texts, { say: on.say }),
    markAdded,
    // Small cards of what a person sent with a message.
    underMessage(message, { role, products = [], product_ids: ids = [] }) {
      message.dataset.products = JSON.stringify(ids);
      if (role === 'agent' && products.length) message.append(makeSent(products, shelfOn));
    },
    show(thread) {
      goods.showCart(thread.cart);
      goods.showNeed(thread.need);
      if (thread.shelf.length) goods.showShelf(thread.shelf);
    },
    clear() {
      ids = '[]';
      shelf = null;
      goods.showCart(empty);
      goods.showNeed({});
      goods.suggest([]);
    },
  };
  return goods;
}
