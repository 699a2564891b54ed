// Two buttons under an answer: it helped, or it did not. Pressed once more, nothing is said of it.

import { button, node } from './parts.js';
import { text } from './texts.js';

const VALUES = ['helpful', 'not_helpful'];

// `judge(id, value)` tells the shop, with no value that nothing is said any more; it fails where the shop does not take it.
export function addFeedback(message, said, judge) {
  if (message.querySelector('.feedback')) return;
  const group = node('div', 'feedback');
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', text('feedback'));
  let value = said || '';
  const buttons = VALUES.map((each) => {
    const made = button('icon', '', () => press(each), text(each));
    made.dataset.value = each;
    made.title = text(each);
    return made;
  });

  function show(now) {
    value = now;
    buttons.forEach((each) => each.setAttribute('aria-pressed', String(each.dataset.value === value)));
  }

  async function press(pressed) {
    const before = value;
    show(pressed === before ? '' : pressed);
    try {
      await judge(message.dataset.id, value);
    } catch {
      show(before); // as the shop still has it
    }
  }

  show(value);
  group.append(...buttons);
  message.append(group);
}
