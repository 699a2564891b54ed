// The panel's words, and money and numbers as a reader of the page's language writes them.

const once = (make) => {
  let made;
  return () => (made ??= make());
};
const language = once(() => document.documentElement.lang || 'en');
const texts = once(() => written('texts'));
const plurals = once(() => new Intl.PluralRules(language()));

// What the server wrote into the page for its scripts: 'setup' or 'texts'.
export function written(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

// The text with its {places} filled. With a `count` there is one text for each plural form: 'key_one', 'key_other'.
export function text(key, values = {}) {
  const known = texts();
  const form = 'count' in values ? `${key}_${plurals().select(values.count)}` : key;
  const found = known[form] ?? known[`${key}_other`] ?? known[key];
  return found.replace(/\{(\w+)\}/g, (place, name) => (name in values ? shown(values[name]) : place));
}

export function number(value, options) {
  return new Intl.NumberFormat(language(), options).format(value);
}

// `options` are those of Intl.NumberFormat. What Intl takes for no currency is shown as it is beside the number.
export function money(amount, currency, options) {
  try {
    return number(amount, { ...options, style: 'currency', currency });
  } catch {
    return `${number(amount)} ${currency}`;
  }
}

const shown = (value) => (typeof value === 'number' ? number(value) : value);
