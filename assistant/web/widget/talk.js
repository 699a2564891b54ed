// The conversation that this tab is in: opened with the first thing that is said, and anew where the server has
// forgotten it.

import { Refused } from './api.js';

const LONGEST_ID = 100;
const LONGEST_TITLE = 200;
const LONGEST_ADDRESS = 2000;

// No product of the shop has a longer id, and the API refuses one.
const viewedOn = ({ product_id: product }) => (product && String(product).length <= LONGEST_ID ? String(product) : '');

function pageAsTold(page) {
  const { url = '', title = '' } = page;
  const told = { url: url.length > LONGEST_ADDRESS ? '' : url, title: [...title].slice(0, LONGEST_TITLE).join('') };
  return viewedOn(page) ? { ...told, product_id: viewedOn(page) } : told;
}

// `page()` is the shop's page now, `shopper` {id, hash} or null. `began(lastEventId)` hears where a new one begins,
// `joined()` that another tab has opened one, `gone()` that the server knows it no more.
export function makeTalk({ api, kept, locale, page, shopper, began, joined, gone }) {
  let opening = null;

  async function openAs(who) {
    try {
      return await api.open({ locale, page: pageAsTold(page()), ...(who ? { shopper: who } : {}) });
    } catch (error) {
      if (!who || ![403, 422].includes(error.status)) throw error;
      console.warn('The assistant serves a guest: data-hash is not HMAC-SHA256 of data-shopper with the shop’s secret.');
      return openAs(null);
    }
  }

  async function joins() {
    kept.refresh();
    if (!kept.shared.conversation) return false;
    await joined();
    return true;
  }

  async function begin() {
    if (await joins()) return kept.shared;
    const viewed = viewedOn(page());
    const { conversation_id: conversation, token, status, last_event_id: place } = await openAs(shopper);
    if (await joins()) return kept.shared; // it was quicker
    kept.share({ conversation, token, status, viewed });
    began(place);
    return kept.shared;
  }

  async function opened() {
    if (kept.shared.conversation) return kept.shared;
    opening ||= begin().finally(() => { opening = null; });
    return opening;
  }

  // It may be another's news already that the server no longer knows the old one.
  function isForgotten(error, talk) {
    if (!(error instanceof Refused) || error.status !== 401) return false;
    if (talk.conversation === kept.shared.conversation) gone();
    return true;
  }

  return {
    get isOpen() { return Boolean(kept.shared.conversation); },
    // `call(conversation)`, once more in a new one where the server knows the old one no longer.
    async call(call) {
      const talk = await opened();
      try {
        return await call(talk);
      } catch (error) {
        if (!isForgotten(error, talk)) throw error;
        return call(await opened());
      }
    },
    // The events that answer an entry of the outbox. The page goes along where it shows another product than it did.
    async* events(entry, signal) {
      const product = viewedOn(page());
      const again = async function* (isSecond) {
        const talk = await opened();
        try {
          const isNews = product && product !== talk.viewed;
          yield* api.turn(talk, entry, isNews ? pageAsTold(page()) : undefined, signal);
          if (isNews && entry.kind === 'say') kept.share({ viewed: product });
        } catch (error) {
          if (isSecond || !isForgotten(error, talk)) throw error;
          yield* again(true);
        }
      };
      yield* again(false);
    },
  };
}
