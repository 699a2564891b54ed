// What of the conversation is in view. While an answer is being written, the question stays in view with as much of the
// answer as fits below it, until the shopper scrolls themselves. Who has scrolled elsewhere is only told of news.

const GAP = 12; // pixels above the question
const NEAR_END = 90;

const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

export function makeScroll({ feed, thread, newer }) {
  let follows = false;
  const bottomOf = (element) => element.getBoundingClientRect().bottom;
  const last = (selector) => [...thread.querySelectorAll(selector)].pop();

  for (const gesture of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    feed.addEventListener(gesture, () => { follows = false; }, { passive: true });
  }

  // Whether its end is in view, or has been: of one that is taller than the view, more is never to be seen at once.
  const isSeen = (message) => bottomOf(message) <= bottomOf(feed) + 1;

  // The banner, the chips and pictures that come in late take their room from the view.
  const resized = new ResizeObserver(() => scroll.follow());
  resized.observe(feed);
  resized.observe(thread);

  const scroll = {
    toNewest(isSmooth = true) {
      const question = last('.shopper, .pressed');
      if (!question) return;
      follows = true;
      const top = question.getBoundingClientRect().top - feed.getBoundingClientRect().top + feed.scrollTop - GAP;
      feed.scrollTo({ top, behavior: isSmooth && !isCalm() ? 'smooth' : 'auto' });
    },
    follow() {
      if (follows) scroll.toNewest(false);
    },
    toEnd() {
      follows = false; // or what takes its room later would bring the question back
      feed.scrollTo({ top: feed.scrollHeight });
    },
    isAtEnd: () => bottomOf(thread) < bottomOf(feed) + NEAR_END,
    tellNew(message, wasAtEnd) {
      if (wasAtEnd) message.scrollIntoView({ block: 'nearest' });
      newer.hidden = isSeen(message);
    },
  };

  newer.addEventListener('click', () => {
    thread.lastElementChild?.scrollIntoView({ block: 'nearest', behavior: isCalm() ? 'auto' : 'smooth' });
    newer.hidden = true;
  });
  feed.addEventListener('scroll', () => {
    const message = last('.agent, .notice');
    if (!message || isSeen(message)) newer.hidden = true;
  }, { passive: true });
  return scroll;
}
