// ---- The thread -------------------------------------------------------------------------------------------------
//
// Each message has the id under which it is saved. What is known to be saved ([data-saved]) stands in the order in which
// it is saved, and after it what this tab has sent or is being answered and has not seen saved yet ([data-unsaved]).
// What has neither mark stays where it is: an answer that was stopped, a message that did not get through.

const SPEAKERS = { shopper: 'You', assistant: 'Assistant' };
const initial = (name) => [...name.trim()][0]?.toUpperCase() || '☺';

function node(tag, className = '', text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

function actionButton(className, text, action) {
  const button = node('button', className, text);
  button.type = 'button';
  button.dataset.action = action;
  return button;
}

// `look` is "pressed" for a button's press, which is saved as the shopper's words.
function makeMessage({ id = '', role, text, author = '', cards = '' }, look = role) {
  const message = node('div', `message ${look}`);
  Object.assign(message.dataset, { id, role });
  if (role === 'agent') message.append(speakerOf(author));
  else if (SPEAKERS[role]) message.append(node('span', 'only-read', `${SPEAKERS[role]}: `));
  if (text || role === 'assistant') message.append(node('div', 'text', text));
  if (cards) message.insertAdjacentHTML('beforeend', cards);
  return message;
}

function speakerOf(author) {
  const speaker = node('span', 'speaker');
  const face = node('span', 'face', initial(author));
  face.setAttribute('aria-hidden', 'true');
  speaker.append(face, author || 'A person from the shop', node('span', 'only-read', ': '));
  return speaker;
}

const messageOf = (id) => (id ? thread.querySelector(`[data-id="${CSS.escape(id)}"]`) : null);

// What this tab sends or is being answered, at the end; one that is there already is not added again.
function addUnsaved(line, look = line.role) {
  let message = messageOf(line.id);
  if (message?.dataset.saved !== undefined) return message;
  message ||= makeMessage(line, look);
  message.classList.remove('unsent');
  message.dataset.unsaved = '';
  thread.append(message);
  return message;
}

function keepAsItIs(message) {
  message.removeAttribute('data-unsaved');
}

// A saved message takes its place: the one that is there already, or a new one. Returns it if it is new.
function takeSaved(line) {
  const there = messageOf(line.id);
  if (there && there.dataset.role === line.role) {
    if (line.role === 'assistant' && there !== turn?.bubble) there.querySelector('.text').textContent = line.text;
    markSaved(there);
    return null;
  }
  there?.remove(); // what an answer did is told as a notice where a person has joined meanwhile
  if (!line.text && !line.cards) return null;
  const message = makeMessage(line);
  const first = thread.querySelector('[data-unsaved]');
  message.dataset.saved = '';
  if (first) first.before(message);
  else thread.append(message);
  return message;
}

function markSaved(message) {
  const first = thread.querySelector('[data-unsaved]');
  if (message.dataset.unsaved !== undefined && first !== message) first.before(message);
  message.classList.remove('unsent');
  message.removeAttribute('data-unsaved');
  message.dataset.saved = '';
}

// Once no turn runs, what the shop still has not saved will not be: an answer that a person's joining cut off goes, a
// message that did not get through says so.
function settleUnsaved() {
  thread.querySelectorAll('.assistant[data-unsaved]').forEach((message) => message.remove());
  thread.querySelectorAll('[data-role="shopper"]:not([data-saved])').forEach((message) => {
    keepAsItIs(message);
    message.classList.add('unsent');
  });
}

function showProblem(text, canRetry) {
  dropProblems();
  const problem = makeMessage({ role: 'problem', text });
  problem.setAttribute('role', 'alert');
  if (canRetry) problem.append(actionButton('button', 'Try again', 'retry'));
  thread.append(problem);
  problem.scrollIntoView({ block: 'nearest' });
}

const dropProblems = () => thread.querySelectorAll('.message.problem').forEach((old) => old.remove());

const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

// On a phone the whole feed scrolls (messages, then the shelf); on a wide screen only the conversation does.
const scroller = () => (getComputedStyle(feed).display === 'contents' ? talk : feed);

function scrollToNewest(smooth = true) {
  const last = [...thread.querySelectorAll('.shopper, .pressed')].pop();
  const area = scroller();
  if (!last) return;
  const top = last.getBoundingClientRect().top - area.getBoundingClientRect().top + area.scrollTop - 12;
  area.scrollTo({ top, behavior: smooth && !isCalm() ? 'smooth' : 'auto' });
}

// While an answer is being written, the question stays in view with as much of the answer as fits below it, until the
// shopper scrolls themselves.
for (const area of [talk, feed]) {
  for (const gesture of ['wheel', 'touchmove', 'pointerdown']) {
    area.addEventListener(gesture, () => { if (turn) turn.follows = false; }, { passive: true });
  }
}

const isAtEnd = () => scroller() === talk && talk.scrollHeight - talk.scrollTop - talk.clientHeight < 90;

const setEmpty = (empty) => shop.toggleAttribute('data-empty', empty);
const setPhase = (phase) => { shop.dataset.phase = phase; };
