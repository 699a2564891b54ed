// Who answers, and whether the shop can be reached: the banner, and what the message box says.

import { faceOf } from './thread.js';
import { text } from './texts.js';

const WORDS = {
  bot: () => '',
  pending: () => text('status_pending'),
  human: (agent) => (agent ? text('status_human', { agent }) : text('status_human_unnamed')),
  resolved: () => text('status_resolved'),
};

// `changed({status, agent, before, isRestored})` hears of every change.
export function makeStatus({ body, banner, box, changed }) {
  const words = banner.querySelector('[data-banner-text]');
  const stop = banner.querySelector('[data-banner-stop]');
  const placeholder = box.placeholder;
  let now = 'bot';
  let agent = '';
  let trouble = '';
  stop.textContent = text('stop_waiting');

  function draw() {
    const shown = trouble || WORDS[now](agent);
    const hadFocus = document.activeElement === stop;
    if (words.textContent !== shown) words.textContent = shown; // said once by a screen reader
    stop.hidden = Boolean(trouble) || now !== 'pending';
    banner.querySelector('.face')?.remove();
    if (now === 'human' && !trouble) banner.prepend(faceOf(agent));
    banner.toggleAttribute('data-trouble', Boolean(trouble));
    banner.toggleAttribute('data-shown', Boolean(shown));
    if (hadFocus && stop.hidden) box.focus({ preventScroll: true });
  }

  return {
    get now() { return now; },
    show(status, who = '', isRestored = false) {
      const before = now;
      const isNews = status !== now || who !== agent;
      now = status;
      agent = who;
      body.dataset.status = status;
      box.placeholder = now !== 'human' ? placeholder : agent ? text('write_to', { agent }) : text('write_to_shop');
      draw();
      if (isNews) changed({ status, agent, before, isRestored });
    },
    // What keeps the panel from the shop; '' for nothing.
    trouble(told) {
      if (told === trouble) return;
      trouble = told;
      draw();
    },
  };
}
