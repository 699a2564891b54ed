// ---- Start ------------------------------------------------------------------------------------------------------

function greet() {
  const known = setup.shoppers.find((each) => each.id === kept.shopper);
  find('welcome').textContent = known ? `Welcome back, ${known.name}.` : `Welcome to ${setup.shop}.`;
}

// The shop's own server sends a signed-in shopper here with its word for who they are. It does not stay in the address, which
// people pass on, and it never goes on with somebody else's conversation.
function comeSignedIn() {
  const address = new URL(location.href);
  const [shopper, hash] = [address.searchParams.get('shopper'), address.searchParams.get('hash') || ''];
  if (shopper === null) return;
  ['shopper', 'hash'].forEach((name) => address.searchParams.delete(name));
  history.replaceState(null, '', address);
  remember(shopper === kept.shopper ? { hash } : { shopper, hash, conversation: '', unfinished: null });
}

comeSignedIn();
document.documentElement.lang = setup.language;
find('shop-name').textContent = setup.shop;
find('banner-stop').textContent = setup.stop_waiting;
find('examples').replaceChildren(...setup.examples.map((text) => {
  const item = node('li');
  item.append(actionButton('example', text, 'suggest'));
  return item;
}));
if (setup.shoppers.length) {
  picker.append(new Option('New guest', ''));
  setup.shoppers.forEach((each) => picker.append(new Option(`${each.name} – ${each.persona}`, each.id)));
  picker.closest('label').hidden = false;
  picker.value = kept.shopper;
}
emptyCart();
greet();
watch('value', () => { if (props.value) applyView(props.value); });
if (kept.conversation) {
  setEmpty(false);
  setPhase('restoring');
  askNews();
}
box.value = kept.draft;
remember({ draft: '' });
focusBox();
shop.dataset.ready = '';
