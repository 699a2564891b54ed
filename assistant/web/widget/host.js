// Talks with the shop's page through the widget's loader. Only messages of that page, from its exact origin, are heard.

export function makeHost(window, origin, on) {
  const calls = new Map(); // what the page has been asked and not answered yet
  let lastCall = 0;

  function send(type, more = {}) {
    window.parent.postMessage({ shelfwise: 1, type, ...more }, origin);
  }

  window.addEventListener('message', ({ source, origin: from, data }) => {
    if (source !== window.parent || from !== origin || data?.shelfwise !== 1) return;
    if (data.type === 'answer') {
      calls.get(data.call)?.({ ok: data.ok === true, problem: String(data.problem || '') });
      calls.delete(data.call);
    } else if (Object.hasOwn(on, data.type)) on[data.type](data);
  });

  return {
    send,
    tell: (name, detail) => send('event', { name, detail }),
    // What the page's hook makes of it: {ok, problem}.
    ask(name, detail) {
      const call = ++lastCall;
      send('event', { name, detail, call });
      return new Promise((answered) => { calls.set(call, answered); });
    },
  };
}
