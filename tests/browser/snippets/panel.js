// Stands in for the panel: it keeps what it hears, and says what a test wants said.

const { origin } = JSON.parse(document.getElementById('setup').textContent);
const answers = new Map();
let calls = 0;

const post = (message) => window.parent.postMessage({ shelfwise: 1, ...message }, origin);

window.heard = [];
window.addEventListener('message', ({ source, origin: from, data }) => {
  if (source !== window.parent || from !== origin || data?.shelfwise !== 1) return;
  window.heard.push(data);
  if (data.type === 'answer') answers.get(data.call)?.(data);
});
window.tell = (name, detail) => post({ type: 'event', name, detail });
window.ask = (name, detail) => new Promise((answered) => {
  calls += 1;
  answers.set(calls, answered);
  post({ type: 'event', name, detail, call: calls });
});
post({ type: 'ready' });
