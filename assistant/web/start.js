// ---- Start ------------------------------------------------------------------------------------------------------

function greet() {
  const known = setup.shoppers.find((each) => each.id === kept.shopper);
  find('welcome').textContent = known ? `Welcome back, ${known.name}.` : `Welcome to ${setup.shop}.`;
}

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
