// The messages on the page, known by the ids under which they are saved.
//
// What is known to be saved ([data-saved]) stands in the order in which it is saved, and after it what this tab has sent or
// is being answered and has not seen saved yet ([data-unsaved]). What has neither mark stays where it is: an answer that
// was stopped, a message that did not get through.

import { button, node } from './parts.js';
import { text } from './texts.js';

const ANSWERED = '.agent, .assistant, .notice';
const initial = (name) => [...name.trim()][0]?.toUpperCase() || '☺';
const isMarked = (message, mark) => message.dataset[mark] !== undefined;

function speakerOf(author) {
  const speaker = node('span', 'speaker');
  speaker.append(faceOf(author), author || text('somebody'), node('span', 'only-read', ': '));
  return speaker;
}

export function faceOf(author) {
  const face = node('span', 'face', initial(author));
  face.setAttribute('aria-hidden', 'true');
  return face;
}

// `look` is 'pressed' for a button's press, which is saved as the shopper's words.
function makeMessage({ id = '', role, text: words = '', author = '' }, look = role) {
  const message = node('div', `message ${look}`);
  Object.assign(message.dataset, { id, role });
  if (role === 'agent') message.append(speakerOf(author));
  else if (role === 'shopper' || role === 'assistant') message.append(node('span', 'only-read', `${text(role)}: `));
  if (words || role === 'assistant') message.append(node('div', 'text', words));
  return message;
}

function dots() {
  const drawn = node('div', 'dots');
  drawn.setAttribute('aria-hidden', 'true');
  drawn.append(node('i'), node('i'), node('i'));
  return drawn;
}

const textOf = (message) => message.querySelector('.text');

// `root` holds the messages. `extras(message, line)` may add to a new one what belongs under it.
export function makeThread(root, extras) {
  const find = (id) => (id ? root.querySelector(`[data-id="${CSS.escape(id)}"]`) : null);
  const all = (selector) => [...root.querySelectorAll(selector)];

  function markSaved(message) {
    const first = root.querySelector('[data-unsaved]');
    if (isMarked(message, 'unsaved') && first !== message) {
      const shelf = message.nextElementSibling?.matches('.shelf') ? [message.nextElementSibling] : [];
      first.before(message, ...shelf);
    }
    message.classList.remove('unsent', 'waiting-to-send');
    message.removeAttribute('data-unsaved');
    message.dataset.saved = '';
  }

  function made(line) {
    const message = makeMessage(line);
    message.dataset.saved = '';
    extras(message, line);
    return message;
  }

  return {
    find,
    markSaved,
    // What this tab sends or is being answered, at the end; one that is there already is not added again.
    addUnsaved(line, look = line.role) {
      const there = find(line.id);
      if (there && isMarked(there, 'saved')) return there;
      if (there && isMarked(there, 'unsaved')) return there; // what waits keeps its turn
      const message = there || makeMessage(line, look);
      message.dataset.unsaved = '';
      root.append(message);
      return message;
    },
    // A saved message takes its place: the one that is there already, or a new one. Gives it if it is new. `isBeingWritten`
    // says that its words come in by another way.
    takeSaved(line, isBeingWritten = false) {
      const there = find(line.id);
      if (there?.dataset.role === line.role) {
        const keepsWords = isBeingWritten || isMarked(there, 'stopped') || line.role !== 'assistant';
        if (!keepsWords && textOf(there).textContent !== line.text) textOf(there).textContent = line.text;
        markSaved(there);
        return null;
      }
      there?.remove(); // what an answer did is told as a notice where a person has joined meanwhile
      if (!line.text && !line.product_ids?.length) return null;
      const message = made(line);
      const first = root.querySelector('[data-unsaved]');
      if (first) first.before(message);
      else root.append(message);
      return message;
    },
    // The bubble that an answer is written into.
    awaitAnswer(id, message, isExpected) {
      find(id)?.remove(); // what came of it before it failed
      if (!isExpected) return null;
      const bubble = makeMessage({ id, role: 'assistant' });
      bubble.dataset.unsaved = '';
      message.after(bubble);
      bubble.classList.add('waiting');
      bubble.setAttribute('aria-busy', 'true'); // read it out once it is whole, not word by word
      bubble.append(dots());
      return bubble;
    },
    // Only the new words are added, so that a selection in the old ones stays.
    write(bubble, words) {
      const place = textOf(bubble);
      if (place.firstChild) place.firstChild.appendData(words);
      else place.append(words);
      bubble.classList.remove('waiting');
    },
    endAnswer(bubble) {
      bubble.classList.remove('waiting');
      bubble.setAttribute('aria-busy', 'false');
      bubble.querySelector('.dots')?.remove();
      if (!textOf(bubble).textContent) bubble.remove();
    },
    keepAsItIs: (message) => message?.removeAttribute('data-unsaved'),
    // The server's own id takes the place of ours, unless the message has come in under it already.
    rename(id, known) {
      const message = find(id);
      if (!message || !known || id === known) return;
      if (find(known)) message.remove();
      else message.dataset.id = known;
    },
    // Not sent, and why: `look` is 'unsent' with a button to send it again, or 'waiting-to-send'.
    markUnsent(id, look, again) {
      const message = find(id);
      if (!message || isMarked(message, 'saved')) return;
      message.classList.remove('unsent', 'waiting-to-send');
      message.querySelector('.resend')?.remove();
      if (look) message.classList.add(look);
      if (again) message.append(button('resend', text('send_again'), again));
    },
    // Told once and at once, unlike a message of the log; `again` tries what failed once more.
    showProblem(words, again) {
      this.dropProblems();
      const problem = makeMessage({ role: 'problem', text: words });
      problem.setAttribute('role', 'alert');
      if (again) problem.append(button('button', text('try_again'), () => { problem.remove(); again(); }));
      root.append(problem);
      problem.scrollIntoView({ block: 'nearest' });
    },
    dropProblems: () => all('.message.problem').forEach((problem) => problem.remove()),
    // A notice of this tab's own, before all that follows.
    sayFirst(words) { root.prepend(makeMessage({ role: 'notice', text: words })); },
    // All of a thread that is shown anew; what is not saved yet comes behind it.
    restore(lines) {
      root.setAttribute('aria-live', 'off'); // old messages are not news
      all('[data-saved], .shelf').forEach((old) => old.remove());
      lines.forEach((line) => this.takeSaved(line));
      setTimeout(() => root.setAttribute('aria-live', 'polite'), 500);
    },
    // All but the messages of these ids, which go on in another conversation.
    clear(ids) {
      [...root.children].filter((each) => !ids.includes(each.dataset.id)).forEach((each) => each.remove());
    },
    // How many messages of others have come in since the one of this id.
    countSince(id) {
      const others = all('.agent[data-saved], .assistant[data-saved]');
      const seen = find(id);
      if (!seen) return id ? 0 : others.length; // another tab has read further than this one
      return others.filter((each) => seen.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING).length;
    },
    get newestSaved() { return all('.message[data-saved]').pop()?.dataset.id ?? ''; },
    isSaved: (id) => find(id)?.dataset.saved !== undefined,
    // The last message that came with these products.
    lastWith: (ids) => all('[data-products]').findLast((message) => message.dataset.products === ids) ?? null,
    putBehind(message, element) {
      if (message) message.after(element);
      else root.append(element);
    },
    get lastAnswer() { return all(ANSWERED).pop() ?? null; },
    get isEmpty() { return !root.firstElementChild; },
  };
}
