"""What callers send, as pydantic checks it. Every text is cleared of what no database can hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from assistant.feedback import FeedbackValue
from retrieval.sql import storable

LONGEST_TEXT = 5000
MESSAGE_ID = r"^[A-Za-z0-9-]{0,64}$"
LONGEST_NOTE = 500
MOST_EVENTS = 500
MOST_FOUND = 100
Slot = Literal["query", "include", "exclude", "brand", "brand_exclude", "price_min", "price_max", "rating_min", "sort"]
Press = Literal["cart_add", "cart_remove", "more_like_this", "not_for_me", "click"]
AgentStatus = Literal["pending", "human"]


def _storable(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("expected a text that is not empty")
    return value


ShortText = Annotated[str, BeforeValidator(_storable), Field(max_length=200, strict=True)]
LongText = Annotated[str, BeforeValidator(_storable), Field(max_length=LONGEST_TEXT, strict=True)]
SaidText = Annotated[LongText, AfterValidator(_not_blank)]
Id = Annotated[str, BeforeValidator(_storable), Field(min_length=1, max_length=100, strict=True)]
Locale = Annotated[
    str,
    Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$", max_length=35, strict=True),
    AfterValidator(lambda locale: locale.replace("-", "_")),
]
MessageId = Annotated[
    str,
    Field(
        pattern=MESSAGE_ID,
        strict=True,
        description="Your own id of it, such as a UUID: sent again with the same id, it counts once.",
    ),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(_Body):
    """The page of the shop that the shopper looks at."""

    product_id: Id | None = Field(None, description="The product on it; what the shopper calls `this` means that one.")
    url: Annotated[str, Field(max_length=2000, strict=True)] = Field("", description="Its address. It is never called.")
    title: ShortText = ""


class SignedShopper(_Body):
    """A shopper whom the shop vouches for."""

    id: Id
    hash: ShortText = Field(description="HMAC-SHA256 of the id with the shop's secret, in hexadecimal.")


class NewConversation(_Body):
    """A conversation that is to be opened."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"locale": "en_US", "page": {"product_id": "boot-1"}}, {}]})
    locale: Locale | None = Field(
        None, description="The shopper's. A help desk is told it; answers are in the shop's language so far."
    )
    page: Page | None = None
    shopper: SignedShopper | None = None


class NewMessage(_Body):
    """What the shopper says."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Waterproof hiking boots under $120", "message_id": "8f14e45f-ceea"}]}
    )
    text: SaidText
    message_id: MessageId = ""
    page: Page | None = Field(None, description="Sent where the shopper has come to another page since the last message.")


class Action(_Body):
    """A button that the shopper presses on a product."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "cart_add", "product_id": "boot-1"}]})
    kind: Press
    product_id: Id
    variant_id: Annotated[str, BeforeValidator(_storable), Field(max_length=100, strict=True)] = ""
    message_id: MessageId = ""


class NewFeedback(_Body):
    """What the shopper says of an answer of the assistant."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"message_id": "8f14e45f-ceea.answer", "value": "not_helpful", "note": "Those are leather."}]
        }
    )
    message_id: Id = Field(description="The answer's id: `answer_id` of `done`, `id` in the thread.")
    value: FeedbackValue
    note: Annotated[str, BeforeValidator(_storable), Field(max_length=LONGEST_NOTE, strict=True)] = Field(
        "", description="Why, in the shopper's own words."
    )


class AgentMessage(_Body):
    """What an agent says to a shopper, and products to show with it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Hello, I am Mia.", "product_ids": ["boot-2"]}]})
    text: LongText = ""
    product_ids: Annotated[tuple[Id, ...], Field(max_length=10)] = ()
    message_id: MessageId = ""


class Events(_Body):
    """Shopper events; each is an object of format 2."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {
                            "event_id": "6c1f",
                            "time": "2026-03-01T09:30:00Z",
                            "shopper_id": "mia",
                            "type": "purchase",
                            "product_id": "boot-1",
                            "price": 99.0,
                        }
                    ]
                }
            ]
        }
    )
    events: Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=MOST_EVENTS)]

    @model_validator(mode="before")
    @classmethod
    def _one_is_enough(cls, data: Any) -> Any:
        """A single event may come as it is."""
        return {"events": [data]} if isinstance(data, dict) and "event_id" in data else data


class Search(_Body):
    """What is searched for; constraints in the words are obeyed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"query": "waterproof boots under $120", "limit": 10}]})
    query: SaidText
    limit: Annotated[int, Field(ge=1, le=MOST_FOUND, strict=True)] = 20
