// A shop's page around the component of docs/widget.md: a test changes its props, and takes it out and in again.

import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { type CartItem, ShoppingAssistant } from './ShoppingAssistant';

type Shown = { isThere: boolean; server: string; product?: string; cart: string; shopper?: { id: string; hash: string } };

declare global {
  interface Window {
    server: string;
    added: string[];
    change: (more: Partial<Shown>) => void;
  }
}

window.added = [];

function Storefront() {
  const [shown, setShown] = useState<Shown>({ isThere: true, server: window.server, product: 'boot-1', cart: '/cart' });
  window.change = (more) => setShown((before) => ({ ...before, ...more }));
  const { isThere, ...props } = shown;
  // A new function at each drawing, as shops write it; it knows the props of that drawing.
  const add = async (item: CartItem) => {
    if (item.product_id === 'sold-out') throw new Error('Sold out.');
    window.added.push(`${item.quantity} ${item.product_id} on ${props.product ?? 'no product'}`);
  };
  return isThere ? <ShoppingAssistant {...props} onAddToCart={add} /> : null;
}

createRoot(document.getElementById('root')!).render(<StrictMode><Storefront /></StrictMode>);
