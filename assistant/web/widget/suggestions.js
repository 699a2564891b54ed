// What one could say next, or to begin with.

import { button, node } from './parts.js';

// `on.say(text)`.
export function showSuggestions(texts, on) {
  const place = document.querySelector('[data-suggestions]');
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren(...texts.map((words) => {
    const chip = button('suggestion', '', () => on.say(words));
    chip.append(node('span', '', words));
    return chip;
  }));
  if (hadFocus) document.querySelector('textarea').focus(); // what was pressed is gone
}

export function showExamples(texts, on) {
  document.querySelector('[data-examples]').replaceChildren(...texts.map((words) => {
    const item = node('li');
    item.append(button('example', words, () => on.say(words)));
    return item;
  }));
}
