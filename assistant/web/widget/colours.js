// The panel's colours, made of the shop's accent and ground so that everything on it can be read: what falls short of the
// contrast that WCAG 2.2 asks for is moved towards black or white until it holds.

const BLACK = [0, 0, 0];
const WHITE = [255, 255, 255];
const ACCENT = { light: [28, 100, 80], dark: [127, 208, 178] };
const GROUND = { light: [247, 245, 240], dark: [21, 24, 26] };
const TEXT = 4.6; // WCAG asks for 4.5, but colours are rounded to whole numbers
const CONTROL = 3.1;
const DARK = 0.2; // the luminance of grounds that do for a dark scheme

const dark = matchMedia('(prefers-color-scheme: dark)');

// Relative luminance of [red, green, blue], 0 to 255 each.
function luminance(colour) {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// 1 to 21, of two [red, green, blue].
export function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (high + 0.05) / (low + 0.05);
}

const mix = (a, b, share) => a.map((part, index) => Math.round(part + (b[index] - part) * share));

// `colour`, or the nearest to it on the way to `end` that keeps `ratio` to all of `others`.
function push(colour, end, others, ratio) {
  for (let share = 0; share < 1; share += 0.04) {
    const pushed = mix(colour, end, share);
    if (others.every((other) => contrast(pushed, other) >= ratio)) return pushed;
  }
  return end;
}

// The colours of the page by the names that panel.css knows, '#rrggbb' each. `accent` and `ground` are any CSS colours; the
// project's own stand in for what is none. A ground that is too light for a dark scheme is left for the light one.
export function scheme({ accent, ground } = {}, isDark = false) {
  const given = rgbOf(ground);
  const base = given && !(isDark && luminance(given) > DARK) ? given : GROUND[isDark ? 'dark' : 'light'];
  const [ink, paper] = contrast(BLACK, base) >= contrast(WHITE, base) ? [BLACK, WHITE] : [WHITE, BLACK];
  const isLight = ink === BLACK;
  const brand = rgbOf(accent) ?? ACCENT[isLight ? 'light' : 'dark'];
  const grounds = groundsOf(base, brand, ink, paper);
  const { surface, sunken, said, warm } = grounds;
  const all = Object.values(grounds);
  const plain = [base, surface, sunken, said];
  const filled = push(brand, ink, [base, surface, sunken], CONTROL);
  const found = {
    ...grounds,
    ink: push(mix(base, ink, 0.88), ink, all, 7),
    'ink-soft': push(mix(base, ink, 0.62), ink, [...plain, warm], TEXT),
    line: mix(surface, ink, 0.14),
    'line-strong': push(mix(base, ink, 0.4), ink, plain, CONTROL),
    accent: filled,
    'on-accent': contrast(WHITE, filled) >= TEXT || contrast(WHITE, filled) > contrast(BLACK, filled) ? WHITE : BLACK,
    'accent-ink': push(filled, ink, plain, TEXT),
    warn: push(isLight ? [128, 78, 0] : [241, 198, 115], ink, [surface, base, grounds['warn-soft']], TEXT),
    bad: push(isLight ? [160, 40, 28] : [245, 165, 150], ink, [surface, base, grounds['bad-soft'], said], TEXT),
    sale: push(isLight ? [168, 57, 31] : [240, 148, 124], ink, [surface, base], TEXT),
    star: push(isLight ? [190, 122, 14] : [226, 169, 63], ink, [surface, base], CONTROL),
  };
  return Object.fromEntries(Object.entries(found).map(([name, colour]) => [name, hex(colour)]));
}

// What text stands on: the base, and what is made of it, no further than the strongest ink can still be read there.
function groundsOf(base, brand, ink, paper) {
  const tinted = (tint, share) => push(mix(base, tint, share), paper, [ink], TEXT);
  const isLight = ink === BLACK;
  return {
    ground: base,
    surface: tinted(WHITE, isLight ? 0.8 : 0.05),
    sunken: tinted(ink, isLight ? 0.05 : 0.09),
    said: tinted(brand, isLight ? 0.13 : 0.22),
    warm: tinted([235, 140, 50], isLight ? 0.2 : 0.17),
    'warn-soft': tinted([255, 185, 40], 0.17),
    'bad-soft': tinted([225, 70, 45], isLight ? 0.11 : 0.2),
  };
}

const hex = (colour) => `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

// [red, green, blue] of any CSS colour as the browser reads it; null for none and for what is see-through.
function rgbOf(colour) {
  const probe = document.createElement('i');
  probe.style.color = colour ? `color-mix(in srgb, ${colour}, ${colour})` : '';
  if (!probe.style.color) return null;
  probe.style.forcedColorAdjust = 'none'; // or it would be the system's colour, where those are forced
  document.documentElement.append(probe);
  const [, parts, alpha] = /srgb ([^/)]+)(?:\/ ([\d.]+))?/.exec(getComputedStyle(probe).color) ?? [];
  probe.remove();
  const rgb = parts?.trim().split(' ').map((part) => Math.round(Math.min(1, Math.max(0, part)) * 255));
  return rgb?.length === 3 && !rgb.some(Number.isNaN) && !alpha ? rgb : null;
}

let asked = {};

// Colours the page: `colours` are the shop's {accent, ground, radius}, `theme` is 'light', 'dark' or 'auto' (the system's).
export function paint({ colours = {}, theme = 'auto' } = {}) {
  asked = { colours, theme };
  const root = document.documentElement;
  const isDark = theme === 'auto' ? dark.matches : theme === 'dark';
  const found = scheme(colours, isDark);
  for (const [name, colour] of Object.entries(found)) root.style.setProperty(`--${name}`, colour);
  const radius = CSS.supports('border-radius', colours.radius ?? '') ? colours.radius : '';
  root.style.setProperty('--radius', radius);
  root.dataset.scheme = luminance(rgbOf(found.ground)) > DARK ? 'light' : 'dark';
}

dark.addEventListener('change', () => paint(asked));
