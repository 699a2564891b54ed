// What is looked for now, in words and as chips that take a wish away.

import { button, node } from './parts.js';
import { money, text } from './texts.js';

const WHOLE = { trailingZeroDisplay: 'stripIfInteger' }; // "$120", as one says a limit
const chipsOf = (slot, values = [], label = (value) => value) => values.map((value) => [slot, value, label(value)]);

// `on.drop(slot, value, label)`; `value` is empty where the slot holds one value.
export function showNeed(need, currency, on) {
  const place = document.querySelector('[data-need]');
  const focused = [...place.querySelectorAll('.chip')].indexOf(document.activeElement);
  const chips = wishes(need, currency).map(([slot, value, label]) => {
    const chip = button('chip', '', () => on.drop(slot, value, label), text('drop', { label }));
    chip.append(node('span', '', label));
    return chip;
  });
  place.replaceChildren(...(need.query ? [node('span', 'query', need.query)] : []), ...chips);
  // The chip that had the focus is gone: its neighbour gets it, or the message box where there is none.
  if (focused >= 0) (chips[Math.min(focused, chips.length - 1)] ?? document.querySelector('textarea')).focus();
}

// [slot, value, label] of each, in reading order.
function wishes(need, currency) {
  const price = (slot) => text(`need_${slot}`, { price: money(need[slot], currency, WHOLE) });
  const one = (slot, label) => (need[slot] == null ? [] : [[slot, '', label()]]);
  return [
    ...chipsOf('include', need.include),
    ...chipsOf('exclude', need.exclude, (value) => text('need_exclude', { value })),
    ...chipsOf('brand', need.brand),
    ...chipsOf('brand_exclude', need.brand_exclude, (value) => text('need_brand_exclude', { value })),
    ...['price_min', 'price_max'].flatMap((slot) => one(slot, () => price(slot))),
    ...one('rating_min', () => text('need_rating_min', { count: need.rating_min })),
    ...one('sort', () => text(`sort_${need.sort}`)),
  ];
}
