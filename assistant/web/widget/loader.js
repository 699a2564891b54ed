// What a shop's page loads: the launcher, and the frame with the assistant. It may take 2 KB on the way, so whatever the
// panel can do is left to the panel, and the server takes out these comments and shortens the names that begin with $.
// It needs a browser of 2024 or newer.
//
// It stands on pages of which it knows nothing. A shadow root keeps their styles out and its own in. It keeps to a strict
// Content-Security-Policy: no inline style, no markup made of strings, nothing fetched but the frame. It goes into the
// root element, which is there from the start and stays when a page changes its body.

(() => {
  const $early = window.Shelfwise || [];
  // A second tag, or a page that has rendered its scripts again.
  if ($early.destroy) return;
  const { dataset: $given, src } = document.currentScript;
  const { origin } = new URL(src);
  const $locale = $given.locale || document.documentElement.lang || navigator.language;
  const $texts = LAUNCHER_TEXTS;
  const { title, unread, lang } = $texts[$locale.slice(0, 2).toLowerCase()] || $texts.en;
  const $phone = matchMedia('(max-width:520px),(max-height:480px)');
  const $make = (name, $properties) => Object.assign(document.createElement(name), $properties);
  const $host = $make('div', { lang });
  // Open: a closed one would not keep out a page that wants in, but would keep out the tools that check accessibility.
  const $root = $host.attachShadow({ mode: 'open' });
  const $button = $make('button', { ariaHasPopup: 'dialog' });
  const $badge = $make('p', { role: 'status' });
  // The browser's own: on a phone a modal one keeps the page behind it out of reach, and "back" closes it.
  const $dialog = $make('dialog', { ariaLabel: title });
  // Not in a sandbox: it is the shop's own server, and needs its storage. Being of another origin it can't touch the page,
  // nor lead it away unless a link is pressed; and without `allow`, no camera and the like are open to it.
  const $frame = $make('iframe', { title });
  const $sheet = new CSSStyleSheet();
  const $handlers = {};
  let $about = { product_id: $given.product };
  let $count = 0;
  let $begin;
  const $ready = new Promise(($resolve) => ($begin = $resolve));

  // `!important` within the shadow wins over the page's own. The icon is made of borders, which stay where the system forces
  // its colours, and is black or white, as the accent's lightness wants it. The focus ring is the browser's own.
  $sheet.replaceSync(`:host{all:initial!important}
    button,dialog,p{position:fixed;inset:auto;${$given.position || 'right'}:var(--shelfwise-offset-x,20px);
    bottom:var(--shelfwise-offset-y,20px);z-index:var(--shelfwise-z-index,999999);
    color-scheme:${$given.theme || 'light dark'};
    border:1px solid #8888;border-radius:var(--shelfwise-radius,28px);box-shadow:0 0 20px #8888}
    button{--accent:var(--shelfwise-accent,#1c6450);width:56px;height:56px;background:var(--accent);
    color:lab(from var(--accent) calc((49 - l)*99) 0 0)}
    button:before{content:"";display:block;margin:auto;width:4px;border:11px solid;border-radius:11px 11px 11px 0}
    [aria-expanded=true]:before{border-width:2px 11px}
    p{pointer-events:none;margin:0 0 44px;padding:0 8px;background:#b00;color:#fff;font:14px system-ui}
    p:empty{opacity:0}
    dialog{width:400px;height:680px;max-height:75%;margin:0 0 68px;padding:0;overflow:hidden;
    background:var(--shelfwise-ground,Canvas)}
    iframe{width:100%;height:100%;border:0}
    @media ${$phone.media}{dialog{inset:0;margin:0;min-width:100%;min-height:100dvh;border:0;border-radius:0;
    padding:env(safe-area-inset-top) 0 env(safe-area-inset-bottom)}}`);
  $root.adoptedStyleSheets = [$sheet];

  // What the browser remembers for the page, once it is set to `$value`. Nothing where the page may not store.
  const $kept = ($kind, $value) => {
    try {
      const $store = window[$kind + 'Storage'];
      if ($value != null) $store.shelfwise = $value;
      return $store.shelfwise;
    } catch {}
  };

  // The panel hears all of it in order, once it is ready.
  const $tell = (type, $more) =>
    $ready.then(() => $frame.contentWindow?.postMessage({ shelfwise: 1, type, ...$more }, origin));
  const $colour = (name) => getComputedStyle($host).getPropertyValue('--shelfwise-' + name);

  // Shows how things are now, and tells the page of the event and the panel, where there is one.
  const $changed = (name) => {
    const { open } = $dialog;
    $button.ariaExpanded = open;
    $badge.textContent = $count && !open ? unread + $count : '';
    $button.ariaLabel = title + ' ' + $badge.textContent;
    $take.event({ name });
    if ($frame.src) {
      $tell('setup', {
        ...$given,
        page: { url: location.href, title: document.title, ...$about },
        shopper: $given.shopper && { id: $given.shopper, hash: $given.hash },
        colours: { accent: $colour('accent'), ground: $colour('ground'), radius: $colour('radius') },
        hook: !!$handlers.addtocart?.size,
        open,
      });
    }
  };

  const $load = () => {
    if ($frame.src) return;
    $frame.src = `${origin}/widget/panel?origin=${location.origin}&locale=${$locale}`;
    $dialog.append($frame);
  };

  const $show = () => {
    $load();
    if ($dialog.open) return;
    if ($phone.matches) $dialog.showModal();
    else $dialog.open = true;
    $kept('local', 'used');
    $kept('session', 'open');
    $changed('open');
  };

  const $take = {
    ready() {
      $begin();
      $changed('ready');
    },
    close() {
      $dialog.close();
      $button.focus();
    },
    unread({ count }) {
      $count = count;
      $changed();
    },
    // Calls all handlers, even after one that throws; the panel hears what they made of a `call`.
    async event({ name, detail, call }) {
      let problem;
      try {
        await Promise.all([...($handlers[name] || [])].map(async ($handle) => $handle(detail)));
      } catch ($error) {
        console.error($error);
        problem = $error?.message || 'Error';
      }
      if (call) $tell('answer', { call, ok: !problem, problem });
    },
  };

  const $hear = ({ data, origin: $from, source }) => {
    if ($from === origin && source === $frame.contentWindow && data?.shelfwise === 1) $take[data.type]?.(data);
  };

  const $assistant = {
    open() {
      $show();
      $frame.focus();
      $tell('opened');
    },
    close: $take.close,
    send(text) {
      $assistant.open();
      $tell('say', { text });
    },
    on(name, $handle) {
      ($handlers[name] ||= new Set()).add($handle);
      $changed();
      return () => {
        $handlers[name].delete($handle);
        $changed();
      };
    },
    page($now) {
      $about = $now;
      $changed();
    },
    destroy() {
      removeEventListener('message', $hear);
      $host.remove();
      $kept('session', '');
      delete window.Shelfwise;
    },
    // An error in one is its own.
    push: ($use) => setTimeout($use, 0, $assistant),
  };

  $button.onclick = () => ($dialog.open ? $take.close() : $assistant.open());
  $button.onkeydown = ({ key }) => {
    if (key === 'Escape') $dialog.close();
  };
  // However it was closed: by the panel, the page, Esc or "back".
  $dialog.onclose = () => {
    $kept('session', '');
    $changed('close');
  };
  $root.append($button, $badge, $dialog);
  document.documentElement.append($host);
  addEventListener('message', $hear);
  window.Shelfwise = $assistant;
  $early.forEach($assistant.push);
  $changed();

  // A wide screen shows it again on the next page, and the focus stays; on a phone the page was wanted. Who has used the
  // assistant before may have news, so its frame is loaded once nothing else is to be done.
  if (!$phone.matches && ($kept('session') ?? 'open' in $given)) $show();
  else if ($kept('local')) (window.requestIdleCallback || setTimeout)($load);
})();
