// Stands in for panel.js where only the look is tried: the views within a test's reach, and a thread as panel.js makes one.

import { showCart } from './cart.js';
import { contrast, paint, scheme } from './colours.js';
import { openDetails } from './details.js';
import { showNeed } from './need.js';
import { button, markAdded, node, price, stock } from './parts.js';
import { makeSent, makeShelf, retireShelf } from './shelf.js';
import { showExamples, showSuggestions } from './suggestions.js';
import { money, text, written } from './texts.js';

const find = (name) => document.querySelector(`[data-${name}]`);
const pressed = [];
const on = {
  press: (kind, line) => pressed.push([kind, line]),
  open: (card) => openDetails(card, on),
  drop: (...all) => pressed.push(['drop', ...all]),
  say: (words) => pressed.push(['say', words]),
  checkout: () => pressed.push(['checkout']),
};

function message(look, words, author = '') {
  const made = node('div', `message ${look}`);
  if (author) {
    const face = node('span', 'face', author[0]);
    face.setAttribute('aria-hidden', 'true');
    const speaker = node('span', 'speaker');
    speaker.append(face, author);
    made.append(speaker);
  }
  if (look.includes('problem')) made.setAttribute('role', 'alert');
  made.append(node('div', 'text', words));
  if (look.includes('unsent')) made.append(button('resend', 'Send again', () => {}));
  if (look.includes('problem')) made.append(button('button', 'Try again', () => {}));
  if (look.includes('waiting')) made.append(dots());
  find('thread').append(made);
  return made;
}

function feedback(message) {
  const group = node('div', 'feedback');
  for (const value of ['helpful', 'not_helpful']) {
    const made = button('icon', '', () => {}, value);
    made.dataset.value = value;
    made.setAttribute('aria-pressed', String(value === 'helpful'));
    group.append(made);
  }
  message.append(group);
}

function dots() {
  const drawn = node('div', 'dots');
  drawn.setAttribute('aria-hidden', 'true');
  drawn.append(node('i'), node('i'), node('i'));
  return drawn;
}

function put(name, value) {
  document.body.removeAttribute('data-empty');
  const made = name === 'shelf' ? makeShelf(value, on) : makeSent(value, on);
  find('thread').append(made);
  return made;
}

function banner(status, words, stop = '') {
  document.body.dataset.status = status;
  find('banner-text').textContent = words;
  find('banner').toggleAttribute('data-shown', Boolean(words));
  find('banner-stop').textContent = stop;
  find('banner-stop').hidden = !stop;
}

window.stage = {
  showCart, contrast, paint, scheme, openDetails, showNeed, price, stock, makeSent, markAdded, retireShelf, showExamples,
  showSuggestions, money, text, on, pressed, message, feedback, put, banner, find,
};
paint({ theme: new URLSearchParams(location.search).get('theme') ?? 'light' });
showExamples(written('setup').examples, on);
document.documentElement.dataset.staged = '';
