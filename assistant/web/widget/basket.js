// Keeps the shop's own cart in step: what a turn put into the assistant's cart, or took out, is told to the page's hook.

// What a cart holds, by product and variant. What the shopper has yet to choose a variant of can't be bought yet.
function heldIn(cart) {
  const lines = cart.lines.filter((line) => !line.is_undecided);
  return Object.fromEntries(lines.map(({ product_id, variant_id = '', title, quantity, total }) => [
    JSON.stringify([product_id, variant_id]),
    { product_id, variant_id, title, quantity, price: Number((total / quantity).toFixed(4)), currency: cart.currency },
  ]));
}

// What was added and removed between two of them, as [event, detail].
function differences(before, after) {
  const found = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const more = (after[key]?.quantity || 0) - (before[key]?.quantity || 0);
    const detail = { ...(after[key] || before[key]), quantity: Math.abs(more) };
    if (more) found.push([more > 0 ? 'addtocart' : 'removefromcart', detail]);
  }
  return found;
}

// `told()` and `keep(held)` remember what the page was told last, `ask(name, detail)` asks its hook, and where that refuses
// `refused(problem, again)` lets the shopper know.
export function makeBasket({ told, keep, ask, refused }) {
  async function tell(name, detail) {
    const { ok, problem } = await ask(name, detail);
    if (!ok) refused(problem, () => tell(name, detail));
  }

  return {
    // Remembered before it is told: a page that goes away meanwhile must not add it a second time.
    settle(cart) {
      const held = heldIn(cart);
      const changes = differences(told(), held);
      if (!changes.length) return;
      keep(held);
      changes.forEach(([name, detail]) => tell(name, detail));
    },
    // What is in there now is no news to the page.
    take: (cart) => keep(heldIn(cart)),
  };
}
