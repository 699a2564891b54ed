// ---- Calls: each has an end, and tells whether the shop is there -------------------------------------------------

const CALL_MS = { suggest: 45000, brief: 45000 };
const lost = find('lost');
let failures = 0; // calls in a row that failed though the server is there

async function call(name, data) {
  const late = new Promise((_, reject) => { setTimeout(() => reject(new Error('no answer in time')), CALL_MS[name] || 12000); });
  try {
    const answer = await Promise.race([server[name](data), late]);
    if (!answer) throw new Error('refused'); // Gradio's client swallows what went wrong
    failures = 0;
    lost.hidden = true;
    return answer;
  } catch {
    if (name !== 'suggest' && name !== 'brief') await lookForServer();
    return null;
  }
}

async function lookForServer() {
  const answer = await fetch('./', { method: 'HEAD', redirect: 'manual', cache: 'no-store', signal: AbortSignal.timeout(4000) }).catch(() => null);
  if (answer?.type === 'opaqueredirect' || answer?.status === 401) return location.assign(`login${location.hash}`); // the session is over
  if (!answer?.ok) lost.hidden = false;
  else if (!lost.hidden || ++failures > 2) reload(); // a server that was started anew may not know this page
}

// Nothing is lost with it: drafts are kept, and the address names the conversation. Not time and again, if it does not help.
function reload() {
  if (Date.now() - stored(sessionStorage, 'reloaded', 0) < 30000) return;
  store(sessionStorage, 'reloaded', Date.now());
  location.reload();
}

// ---- News: one light call every two seconds, slower while nobody looks ------------------------------------------

const POLL_MS = 1800;
const HIDDEN_POLL_MS = 10000;
let digest = '';
let skew = 0; // seconds that the server's clock is ahead of this one
let timer = 0;
let polls = 0;

const have = () => ({ queue: digest, id: open?.id || '', version: open?.version || 0, count: open?.count || 0 });

async function poll() {
  clearTimeout(timer);
  const mine = ++polls;
  const news = await call('news', have());
  if (news) applyNews(news);
  if (mine === polls) timer = setTimeout(poll, document.hidden ? HIDDEN_POLL_MS : POLL_MS);
}

document.addEventListener('visibilitychange', () => { if (!document.hidden) poll(); });

function applyNews(news) {
  skew = news.now - Date.now() / 1000;
  me = news.agent;
  setText(find('agent'), me);
  showPresence(news.away);
  if (news.queue && news.digest !== digest) {
    digest = news.digest;
    showQueue(news.queue);
  }
  if (news.thread) applyThread(news.thread);
  markSeen();
  tick();
}

// ---- The queue --------------------------------------------------------------------------------------------------

const cases = new Map(); // conversation id -> list item, kept as it is while only its words change
const seen = stored(sessionStorage, 'seen', {}); // how many messages of each conversation have been looked at
let rows = [];
let known = null; // what has been told of by sound already

function newCase(id) {
  const item = node('li', 'case');
  item.dataset.id = id;
  const button = Object.assign(node('button', 'case-button'), { type: 'button' });
  button.dataset.action = 'open';
  const top = node('span', 'case-top');
  top.append(node('span', 'case-name'), node('span', 'case-wait'));
  const middle = node('span', 'case-middle');
  middle.append(node('span', 'tag'), node('span', 'case-with'), node('span', 'case-flag', 'Not announced'), node('span', 'case-draft', 'Draft'));
  button.append(top, middle, node('span', 'case-text'));
  item.append(button);
  return item;
}

function showCase(row) {
  const item = cases.get(row.id) || newCase(row.id);
  cases.set(row.id, item);
  const part = (name) => item.querySelector(`.${name}`);
  setText(part('case-name'), row.shopper);
  part('case-name').title = row.shopper;
  setText(part('tag'), row.reason);
  part('tag').classList.toggle('urgent', row.urgent);
  setText(part('case-with'), row.place === 'others' ? row.agent : '');
  setText(part('case-text'), row.preview || 'Nothing written yet');
  part('case-flag').hidden = row.notified || row.place !== 'waiting';
  part('case-flag').title = 'The help desk could not be told of this one';
  item.toggleAttribute('data-unread', row.place === 'yours' && row.messages > (seen[row.id] || 0) && open?.id !== row.id);
  markDraft(item);
  markOpen(item);
  return item;
}

function markDraft(item) {
  item.querySelector('.case-draft').hidden = !drafts[item.dataset.id];
}

function markOpen(item) {
  const is = item.dataset.id === open?.id;
  item.toggleAttribute('data-open', is);
  if (is) item.firstChild.setAttribute('aria-current', 'true');
  else item.firstChild.removeAttribute('aria-current');
}

function showQueue(news) {
  rows = news;
  for (const place of ['yours', 'waiting', 'others']) {
    const list = page.querySelector(`[data-list="${place}"]`);
    const items = rows.filter((row) => row.place === place).map(showCase);
    setText(find(`count-${place}`), String(items.length));
    list.parentElement.hidden = !items.length && place !== 'waiting';
    // Only what is out of place is moved, so that focus and hover stay where they are.
    items.forEach((item, index) => { if (list.children[index] !== item) list.insertBefore(item, list.children[index] || null); });
  }
  const ids = new Set(rows.map((row) => row.id));
  [...cases].filter(([id]) => !ids.has(id)).forEach(([id, item]) => { item.remove(); cases.delete(id); delete seen[id]; });
  const waiting = rows.filter((row) => row.place === 'waiting');
  find('none').hidden = waiting.length > 0;
  setText(find('idle-title'), waiting.length ? (waiting.length === 1 ? 'One shopper waits.' : `${waiting.length} shoppers wait.`) : 'Nobody waits.');
  setText(find('waiting-status'), waiting.length ? `${waiting.length} waiting` : 'Nobody waits');
  document.title = `${waiting.length ? `(${waiting.length}) ` : ''}Agent desk – ${setup.shop}`;
  tellOfNews();
}

// Every second only digits change.
function tick() {
  const now = Date.now() / 1000 + skew;
  for (const row of rows) {
    const wait = cases.get(row.id)?.querySelector('.case-wait');
    if (!wait) continue;
    const seconds = row.since === null ? null : now - row.since;
    setText(wait, seconds === null ? '' : duration(seconds));
    wait.dataset.long = seconds > 300 ? 'very' : seconds > 120 ? 'some' : '';
  }
  const row = rows.find((each) => each.id === open?.id);
  setText(find('clock'), row && row.since !== null ? `${row.place === 'waiting' ? 'for' : 'waits'} ${duration(now - row.since)}` : '');
}

setInterval(tick, 1000);

// ---- Opening ----------------------------------------------------------------------------------------------------

function openThread(id) {
  if (open?.id === id) return;
  open = { id, version: 0, count: 0, status: '', agent: '', shopper: '', lastRole: '' };
  lines.replaceChildren();
  delete lines.dataset.day;
  find('brief').dataset.stale = ''; // out of sight, but it keeps its room until the new one comes
  redraw(find('screen'), '');
  newer.hidden = true;
  openCanned(false);
  clearSearch();
  const row = rows.find((each) => each.id === id);
  if (row) Object.assign(open, { status: row.place === 'waiting' ? 'pending' : 'human', agent: row.agent, reason: row.reason, urgent: row.urgent, shopper: row.shopper });
  showHead();
  showDraft();
  cases.forEach(markOpen);
  markSeen();
  history.replaceState(null, '', `#${encodeURIComponent(id)}`);
  askForBrief();
  poll();
}

function closeThread() {
  open = null;
  page.dataset.state = 'none';
  cases.forEach(markOpen);
  history.replaceState(null, '', location.pathname);
}

function markSeen() {
  const row = rows.find((each) => each.id === open?.id);
  if (!row || document.hidden || seen[row.id] === row.messages) return;
  seen[row.id] = row.messages;
  store(sessionStorage, 'seen', seen);
  cases.get(row.id)?.removeAttribute('data-unread');
}

function step(by) {
  const ids = [...page.querySelectorAll('.case')].map((item) => item.dataset.id);
  if (!ids.length) return;
  const place = ids.indexOf(open?.id);
  const next = ids[place < 0 ? 0 : Math.min(Math.max(place + by, 0), ids.length - 1)];
  openThread(next);
  const item = cases.get(next);
  item.scrollIntoView({ block: 'nearest' });
  if (document.activeElement.closest('.case')) item.firstChild.focus({ preventScroll: true }); // else Enter would go back to it
}

async function change(kind) {
  if (!open || page.hasAttribute('data-busy')) return;
  const { id } = open;
  page.toggleAttribute('data-busy', true);
  const answer = await call('act', { kind, id, ...have() });
  page.removeAttribute('data-busy');
  if (!answer) return toast('That did not work: the shop could not be reached. Try again.');
  if (answer.problem) toast(answer.problem);
  applyNews(answer);
  if (page.dataset.state === 'yours' && (kind === 'accept' || kind === 'take')) box.focus({ preventScroll: true });
  else if (document.activeElement === document.body || !document.activeElement.offsetParent) find('shopper').focus({ preventScroll: true });
}

// ---- Being told -------------------------------------------------------------------------------------------------

let alerts = stored(localStorage, 'alerts', false);
let sound = null;
let toasts = 0;

function toast(text) {
  const target = find('toast');
  target.textContent = text;
  target.hidden = false;
  clearTimeout(toasts);
  toasts = setTimeout(() => { target.hidden = true; }, 7000);
}

function showPresence(away) {
  const button = find('presence');
  button.setAttribute('aria-checked', String(!away));
  setText(find('presence-text'), away ? 'Away' : 'Taking conversations');
}

function showAlerts() {
  find('alerts').setAttribute('aria-checked', String(alerts));
}

// Two soft notes. A browser lets a page sound only after it has been clicked or typed in.
function chime() {
  sound ??= new AudioContext();
  [[660, 0], [880, 0.16]].forEach(([pitch, delay]) => {
    const note = new OscillatorNode(sound, { frequency: pitch });
    const volume = new GainNode(sound, { gain: 0 });
    const start = sound.currentTime + delay;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.06, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0005, start + 0.5);
    note.connect(volume).connect(sound.destination);
    note.start(start);
    note.stop(start + 0.55);
  });
}

function tellOfNews() {
  const now = new Map(rows.filter((row) => row.place !== 'others').map((row) => [row.id, row.place === 'waiting' ? 0 : row.since || 0]));
  const fresh = known === null ? [] : rows.filter((row) => now.has(row.id) && now.get(row.id) > (known.get(row.id) ?? -1));
  known = now;
  const unseen = fresh.filter((row) => document.hidden || row.id !== open?.id);
  if (!alerts || !unseen.length) return;
  chime();
  if (document.hidden && window.Notification?.permission === 'granted') {
    const note = new Notification(unseen.length === 1 ? `${unseen[0].shopper}: ${unseen[0].reason}` : `${unseen.length} shoppers wait`, { body: unseen[0].preview, tag: 'desk' });
    note.onclick = () => { window.focus(); openThread(unseen[0].id); note.close(); };
  }
}

// ---- Buttons and keys -------------------------------------------------------------------------------------------

const help = find('help');
const singleKeys = find('single-keys');

function setBrief(is) {
  page.toggleAttribute('data-brief-hidden', !is);
  page.querySelector('.brief-toggle').setAttribute('aria-expanded', String(is));
  store(localStorage, 'brief', is);
}

function setSide(is) {
  page.toggleAttribute('data-side-open', is);
  page.querySelector('.side-tool').setAttribute('aria-expanded', String(is));
}

function findProducts() {
  setSide(true);
  finder.focus();
  finder.select();
}

const ACTIONS = {
  open: (button) => openThread(button.closest('.case').dataset.id),
  act: (button) => change(button.dataset.kind),
  join: () => change(page.dataset.state === 'waiting' ? 'accept' : 'take'),
  newest: toEnd,
  brief: () => setBrief(page.hasAttribute('data-brief-hidden')),
  side: () => setSide(!page.hasAttribute('data-side-open')),
  find: findProducts,
  attach: (button) => {
    const { product: id, title, price } = button.closest('.row').dataset;
    if (isAttached(id)) detach(id);
    else attach({ id, title, price });
  },
  detach: (button) => { detach(button.dataset.product); box.focus(); },
  use_hint: useHint,
  canned: () => openCanned(canned.hidden),
  use_canned: (button) => { openCanned(false); insert(button.querySelector('span').textContent); },
  help: () => { help.showModal(); find('help').querySelector('h2').focus(); },
  close_help: () => help.close(),
  presence: async (button) => {
    const answer = await call('away', { away: button.getAttribute('aria-checked') === 'true', ...have() });
    if (answer) applyNews(answer);
  },
  alerts: () => {
    alerts = !alerts;
    store(localStorage, 'alerts', alerts);
    showAlerts();
    if (!alerts) return;
    chime();
    if (window.Notification?.permission === 'default') Notification.requestPermission();
  },
  leave: async () => {
    await fetch('logout', { method: 'POST', redirect: 'manual' }).catch(() => null);
    location.assign('login');
  },
};

page.addEventListener('click', (event) => {
  if (event.target === help) return help.close(); // the backdrop
  if (!canned.hidden && !event.target.closest('.canned, [data-action="canned"]')) openCanned(false);
  const button = event.target.closest('[data-action]:not(:disabled)');
  if (button) ACTIONS[button.dataset.action](button);
});

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  r: () => { if (page.dataset.state === 'yours') box.focus(); },
  s: useHint,
  c: () => { if (page.dataset.state === 'yours') openCanned(true); },
  b: ACTIONS.brief,
  '/': findProducts,
  '?': ACTIONS.help,
  Enter: () => { if (page.dataset.state === 'waiting') change('accept'); },
};

function escape() {
  if (help.open) return;
  if (!canned.hidden) { openCanned(false); return box.focus(); }
  const active = document.activeElement;
  if (finder.value && active.closest('.side')) { clearSearch(); return finder.focus(); }
  setSide(false);
  if (active !== document.body) active.blur();
}

// A button that has the focus keeps its Enter, but for that of the conversation that is open already.
const pressesItself = (target) => target.closest('button, summary, a') && (!open || target.closest('.case')?.dataset.id !== open.id);

// Fields keep all keys but Escape and Ctrl+Enter.
document.addEventListener('keydown', (event) => {
  if (event.isComposing) return;
  if (event.key === 'Escape') return escape();
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && open) { event.preventDefault(); return send(); }
  const isField = event.target.closest('input, textarea, select');
  if (isField || event.ctrlKey || event.metaKey || event.altKey || help.open || !KEYS[event.key]) return;
  if (event.key === 'Enter' ? pressesItself(event.target) : !singleKeys.checked) return;
  event.preventDefault();
  KEYS[event.key]();
});

singleKeys.addEventListener('change', () => store(localStorage, 'single-keys', singleKeys.checked));
page.addEventListener('error', (event) => { if (event.target.tagName === 'IMG') event.target.remove(); }, true);

// ---- Start ------------------------------------------------------------------------------------------------------

find('shop-name').textContent = setup.shop;
singleKeys.checked = stored(localStorage, 'single-keys', true);
setBrief(stored(localStorage, 'brief', true));
showAlerts();
addEventListener('hashchange', () => { if (location.hash.length > 1) openThread(decodeURIComponent(location.hash.slice(1))); });
poll().then(() => {
  if (location.hash.length > 1) openThread(decodeURIComponent(location.hash.slice(1)));
  page.dataset.ready = '';
});
