// The message box: Enter sends, Shift+Enter begins a new line, and Enter that picks a word of an input method is neither.

const TALLEST = 140; // pixels

export function makeComposer({ form, say, drafted }) {
  const box = form.querySelector('textarea');

  function fit() {
    box.style.height = 'auto';
    if (box.scrollHeight) box.style.height = `${Math.min(box.scrollHeight, TALLEST)}px`; // 0 while the panel is closed
  }

  // The panel was opened, or is of another width now. Not the box's own size, which this changes.
  new ResizeObserver(fit).observe(document.body);

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const words = box.value.trim();
    if (!words) return;
    box.value = '';
    fit();
    drafted('');
    say(words);
  });
  box.addEventListener('input', () => {
    fit();
    drafted(box.value);
  });
  box.addEventListener('keydown', (event) => {
    // Safari ends the composing before it tells of the key; 229 is how it marks such a one.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });

  return {
    box,
    // On a touch screen the focus would bring up the keyboard over the answer.
    focus() {
      if (matchMedia('(hover: hover)').matches) box.focus({ preventScroll: true });
    },
    fill(draft) {
      box.value = draft;
      fit();
    },
  };
}
