"""What a reader may know besides the message, and what every reader offers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from assistant.types import Act, Frame, Reading, Shown
from retrieval.types import Need


@dataclass(frozen=True, slots=True)
class Context:
    """The conversation before the message.

    `shown` is what is on the screen, in order; `focus` the id of the product last talked about, `talked` those of all
    products of the last turn that meant any ("both"); `cart` the products in the cart, as the shopper sees them.
    """

    need: Need = field(default_factory=Need)
    shown: tuple[Shown, ...] = ()
    last_act: Act | None = None
    focus: str | None = None
    currency: str = "USD"
    cart: tuple[Shown, ...] = ()
    talked: tuple[str, ...] = ()

    @property
    def focus_position(self) -> int | None:
        """Where the product last talked about stands on the screen, from 1; None if it is not there."""
        places = (place for place, item in enumerate(self.shown, 1) if item.id == self.focus)
        return next(places, None)

    @property
    def is_of_one(self) -> bool:
        """Whether there is one product to talk about and no other, as on the shop's own page of it."""
        return len(self.shown) == 1 and self.focus_position == 1

    def after(self, frame: Frame, need: Need) -> Context:
        """The context of the next turn once `frame` has been said and has led to `need`; what is shown stays."""
        focus, talked = focus_after(frame, self), talked_after(frame, self)
        return replace(self, need=need, last_act=frame.act, focus=focus, talked=talked)


class ReaderUnavailable(Exception):
    """A reader can't be opened; the text says why and what to do."""


class Reader(Protocol):
    """Turns a message into a frame. Never raises: what cannot be read comes back with a low confidence."""

    def read(self, text: str, context: Context) -> Reading:
        """What `text` says in this context."""


def focus_after(frame: Frame, context: Context) -> str | None:
    """The id of the product last talked about once `frame` has been said; a new search forgets it."""
    meant = _meant(frame, context.shown)
    if meant:
        return meant[-1]
    return None if frame.act == "search" else context.focus


def talked_after(frame: Frame, context: Context) -> tuple[str, ...]:
    """The ids of all products last talked about once `frame` has been said; a new search forgets them."""
    return _meant(frame, context.shown) or (() if frame.act == "search" else context.talked)


def _meant(frame: Frame, shown: tuple[Shown, ...]) -> tuple[str, ...]:
    return tuple(shown[ref - 1].id for ref in frame.refs if 1 <= ref <= len(shown))
