// ---- News -------------------------------------------------------------------------------------------------------
//
// Others write to this conversation, too: a person of the shop, another tab. So the page asks what has been saved since
// it last looked, often while a person may be about to write, and once after each of its own turns.

const NEWS_MS = 1500;
const AFTERWARDS_MS = 5000; // between two questions for a while after a person has left
const WHILE_MS = 120_000;
const IDLE_MS = 20_000;
const HIDDEN_MS = 8000;
const LONGEST_MS = 60_000;
const STOP_MS = 500;

const status = { now: 'bot', agent: '', leftAt: -Infinity };
let known = 0; // how many of the saved messages the thread has
let version = -1; // of the conversation as the page shows it
let asking = false;
let askAgain = false;
let misses = 0;
let newsTimer = 0;
let newsAt = 0;
let unread = 0;

// From now on this tab shows another conversation.
function follow(conversation) {
  remember({ conversation, unfinished: conversation ? kept.unfinished : null });
  known = 0;
  version = -1;
}

function newsPause() {
  const isWaiting = status.now === 'pending' || status.now === 'human';
  if (misses) return Math.min(LONGEST_MS, NEWS_MS * 2 ** misses);
  if (document.hidden) return isWaiting ? HIDDEN_MS : 0;
  if (isWaiting) return NEWS_MS;
  return Date.now() - status.leftAt < WHILE_MS ? AFTERWARDS_MS : IDLE_MS;
}

// Never later than asked for before.
function askNewsIn(wait) {
  const at = Date.now() + wait;
  if (newsTimer && newsAt <= at) return;
  clearTimeout(newsTimer);
  newsAt = at;
  newsTimer = setTimeout(() => {
    newsTimer = 0;
    askNews();
  }, wait);
}

// One question at a time, so that no message is told twice.
async function askNews() {
  if (!kept.conversation) return;
  askAgain = asking;
  if (asking) return;
  asking = true;
  const asked = { conversation: kept.conversation, known, version, shelf: shelfShown };
  const during = turn;
  const answer = await server.news(asked); // undefined where it failed
  asking = false;
  misses = answer ? 0 : misses + 1;
  if (answer && asked.conversation === kept.conversation) applyNews(answer, during);
  else if (!answer && !(await serverAnswers())) return waitForServer();
  if (askAgain) askNews();
  else if (newsPause()) askNewsIn(newsPause());
}

function applyNews({ is_known: isKnown, news }, during) {
  const isFirst = version < 0 && !known && !turn && !during;
  if (!isKnown) return isFirst ? beginAnew() : undefined;
  if (news && isFirst && shop.dataset.phase === 'restoring') restore(news);
  else if (news) takeNews(news, during);
  if (!turn && !during) settleUnsaved();
}

function takeNews(news, during) {
  if (news.first !== known) return;
  const before = placeOfEnd();
  const added = news.lines.map(takeSaved).filter(Boolean);
  known += news.lines.length;
  noteSent(news.lines);
  showStatus(news.status, news.agent);
  if (!turn && !during) { // a turn that runs tells by itself what it does to shelf and cart
    version = news.version;
    if (news.shelf) showShelf(news.shelf);
    if (news.cart.html !== cartShown) showCart(news.cart, false);
  }
  const fromOthers = added.filter((message) => message.matches('.agent, .notice'));
  if (fromOthers.length) tellNew(fromOthers, before);
}

// What was sent from here has arrived, and may have been answered since it seemed to fail.
function noteSent(lines) {
  const sent = lastSent?.call.message;
  if (!sent || !lines.some((line) => line.id === answerId(sent))) return;
  remember({ unfinished: null });
  dropProblems();
}

function restore(news) {
  setPhase('idle');
  thread.replaceChildren();
  thread.setAttribute('aria-live', 'off'); // old messages are not news
  news.lines.forEach(takeSaved);
  setTimeout(() => thread.setAttribute('aria-live', 'polite'), 500);
  known = news.lines.length;
  version = news.version;
  setEmpty(!news.lines.length && !news.shelf && !kept.unfinished);
  if (news.shelf) showShelf(news.shelf);
  showCart(news.cart, false);
  showStatus(news.status, news.agent);
  if (kept.unfinished) setTimeout(resume, NEWS_MS);
  scrollToNewest(false);
}

// What this tab was at when it was loaded anew: the shop may still have been saving it a moment ago.
async function resume() {
  await askNews();
  if (turn || !kept.unfinished) return;
  lastSent = kept.unfinished;
  const message = messageOf(lastSent.call.message);
  const isAnswered = messageOf(answerId(lastSent.call.message)) || status.now === 'human';
  if (message && isAnswered) return remember({ unfinished: null });
  addUnsaved({ id: lastSent.call.message, role: 'shopper', text: lastSent.said }, lastSent.look);
  settleUnsaved();
  showProblem(message ? 'The answer to this got lost on the way.' : 'This did not reach the shop.', true);
}

// ---- What is new, and who answers -------------------------------------------------------------------------------

const STATUS_TEXT = {
  bot: () => '',
  pending: () => "You're waiting for a person from the shop.",
  human: (agent) => `You're talking with ${agent || 'a person from the shop'}.`,
  resolved: () => 'This is settled. If anything is left, just write.',
};

function showStatus(now, agent) {
  const wasHere = status.now === 'pending' || status.now === 'human';
  if (wasHere && (now === 'bot' || now === 'resolved')) status.leftAt = Date.now();
  if (now === 'human' && status.now !== 'human') suggestions.replaceChildren(); // they are for the assistant
  Object.assign(status, { now, agent });
  shop.dataset.status = now;
  box.placeholder = now !== 'human' ? PLACEHOLDER : agent ? `Write to ${agent}` : 'Write to the shop';
  if (!('connection' in banner.dataset)) showBanner(STATUS_TEXT[now](agent));
}

function showBanner(text) {
  const stop = find('banner-stop');
  const isFocused = document.activeElement === stop;
  const words = find('banner-text');
  if (words.textContent !== text) words.textContent = text; // said once by a screen reader
  const isStatus = !('connection' in banner.dataset);
  const face = find('banner-face');
  face.hidden = !isStatus || status.now !== 'human';
  face.textContent = face.hidden ? '' : initial(status.agent);
  stop.hidden = !isStatus || status.now !== 'pending';
  banner.toggleAttribute('data-shown', Boolean(text));
  if (isFocused && stop.hidden) box.focus({ preventScroll: true });
}

// Whether the end of the conversation is to be seen now.
function placeOfEnd() {
  const area = scroller().getBoundingClientRect();
  const { bottom } = thread.getBoundingClientRect();
  return bottom > area.top && bottom < area.bottom + 90;
}

// Whether its end is in view, or has been: of a message that is taller than the view, more is never to be seen at once.
function isSeen(message) {
  return message.getBoundingClientRect().bottom <= scroller().getBoundingClientRect().bottom + 1;
}

// Who reads at the end is taken along; who has scrolled elsewhere is only told.
function tellNew(messages, wasAtEnd) {
  const last = messages[messages.length - 1];
  if (wasAtEnd) last.scrollIntoView({ block: 'nearest' });
  const fromAgent = messages.filter((message) => message.matches('.agent'));
  if (fromAgent.length && !isSeen(last)) showNewer();
  if (!document.hidden) return;
  unread += fromAgent.length;
  showTitle();
}

function showNewer() {
  const newer = find('newer');
  newer.textContent = status.agent ? `New from ${status.agent}` : 'New message';
  newer.hidden = false;
}

function showNewest() {
  thread.lastElementChild.scrollIntoView({ block: 'nearest', behavior: isCalm() ? 'auto' : 'smooth' });
  find('newer').hidden = true;
}

function hideNewerOnceSeen() {
  const last = [...thread.querySelectorAll('.agent')].pop();
  if (!last || isSeen(last)) find('newer').hidden = true;
}

for (const area of [talk, feed]) area.addEventListener('scroll', hideNewerOnceSeen, { passive: true });

function showTitle() {
  document.title = unread ? `(${unread}) ${setup.shop}` : setup.shop;
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  unread = 0;
  showTitle();
  askNews();
});

// ---- The connection ---------------------------------------------------------------------------------------------

async function serverAnswers() {
  return fetch('healthz', { cache: 'no-store', signal: AbortSignal.timeout(4000) }).then((answer) => answer.ok, () => false);
}

async function waitForServer() {
  if ('connection' in banner.dataset) return;
  if (turn) failTurn('The connection was lost while the shop was answering.', true);
  banner.dataset.connection = '';
  showBanner('The shop cannot be reached. Trying again…');
  for (let wait = 2000; !(await serverAnswers()); wait = Math.min(wait * 1.3, 20_000)) {
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  remember({ draft: box.value });
  location.reload(); // the tab remembers its conversation, and the new page talks to the server that is there now
}

setInterval(async () => {
  if (!turn || Date.now() - turn.lastNews < QUIET_MS) return;
  if (await serverAnswers()) {
    if (turn && !turn.shown) turn.bubble.classList.add('slow');
  } else waitForServer();
}, 2000);
addEventListener('offline', async () => { if (!(await serverAnswers())) waitForServer(); });
addEventListener('shop-call-failed', async ({ detail: lane }) => {
  if (lane && turn?.lane !== lane) return; // a turn that was stopped
  if (!(await serverAnswers())) return waitForServer();
  failTurn('Something went wrong on our side. Nothing of yours is lost.', true);
});
