"""Settings of a shop: from the environment (`SHELFWISE_…`) and from `shelfwise.toml` in the shop's home folder.

The environment wins over the file, the file over the defaults. Secrets come from the environment alone.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from assistant.web.api.origins import read_origins

ENVIRONMENT_PREFIX = "SHELFWISE_"
FILE_NAME = "shelfwise.toml"
SECRETS = frozenset(
    {
        "chat_api_key",
        "agent_keys",
        "shopper_secret",
        "shop_key",
        "webhook_secret",
        "chatwoot_token",
        "chatwoot_hook_token",
        "chatwoot_hook_secret",
        "tickets_token",
        "tickets_hook_secret",
    }
)
# Variables of the same prefix that belong to the Makefile and the benchmarks.
NOT_SETTINGS = frozenset({"data", "torch_index"})
_SHORTEST_KEY = 16


class SettingsError(ValueError):
    """A setting is wrong. The text names the key, the value and what was expected, a line each."""


class Settings(BaseModel):
    """Everything about a shop that can be set. Each key has a default that works."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(Path("var"), description="Folder that holds all state: catalogue, index, models, conversations.")
    shop_name: str = Field("Your shop", min_length=1, max_length=80, description="The name that shoppers see.")
    contact: str = Field("", max_length=200, description="How else to reach the shop, told when no person is there.")
    locale: str = Field("en_US", pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$", description="How money and numbers are written.")
    database_url: str = Field("", description="SQLAlchemy URL; empty for SQLite in the home folder.")

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(7860, ge=1, le=65535, description="Port to listen on.")
    concurrency: int = Field(8, ge=1, le=256, description="Turns answered at the same time.")
    queue_size: int = Field(64, ge=1, le=10_000, description="Turns that may wait before a shopper is told to try again.")

    embedding_model: str = Field("", description="Hugging Face id or folder; empty for the packaged MiniLM.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where torch models run.")
    threads: int | None = Field(None, ge=1, le=1024, description="CPU threads of the language model; empty for all.")

    understanding: Literal["encoder", "lexical", "llm"] = Field(
        "encoder", description="What reads a message: the fine-tuned encoder, rules alone, or the language model."
    )
    understanding_seconds: float = Field(4.0, gt=0, le=60, description="Deadline of the language model as a reader.")

    prose: Literal["auto", "templates", "model"] = Field(
        "auto", description="Who writes the prose: templates, or a language model; auto is the model if you name one."
    )
    chat_engine: Literal["auto", "openvino", "transformers", "openai", "none"] = Field(
        "auto", description="What runs the language model; none for no model at all."
    )
    chat_model: str = Field("", description="Hugging Face id, folder, GGUF file or server's model name; empty for SmolLM2.")
    chat_base_url: str = Field("", description="An OpenAI-compatible server, such as http://127.0.0.1:8000/v1.")
    chat_api_key: SecretStr | None = Field(None, description="Key of that server; from the environment alone.")
    answer_seconds: float = Field(5.0, gt=0, le=120, description="What the language model gets for an answer's prose.")

    cards: Annotated[int, Field(ge=1, le=10)] = Field(8, description="Products shown for an answer.")
    suggestion_confidence: Annotated[float, Field(ge=0, le=1)] = Field(
        0.8, description="How sure a suggested category or attribute must be for products to be found by it."
    )
    candidates: Annotated[int, Field(ge=10, le=1000)] = Field(200, description="Products that search hands to ranking.")
    exposure: Annotated[float, Field(ge=0, le=1)] = Field(
        0.1,
        description="How much products that few know are lifted where nothing is asked for; 0 not at all.",
    )
    epsilon: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Privacy budget of training; empty trains without one."
    )
    message_characters: int = Field(2000, ge=100, le=20_000, description="How much of a long message is read.")

    shop_key: SecretStr | None = Field(
        None,
        min_length=_SHORTEST_KEY,
        description="With which the shop's own server calls the HTTP API; from the environment alone.",
    )
    origins: str = Field(
        "",
        max_length=2000,
        description="Origins whose pages may show the widget and call the HTTP API: `https://shop.example`, by commas.",
    )
    api_calls: int = Field(600, ge=1, description="Calls of the HTTP API that one address may make within a minute.")
    api_conversations: int = Field(60, ge=1, description="Conversations that one address may open within a minute.")
    api_messages: int = Field(30, ge=1, description="Messages and presses within a minute of one conversation of the API.")
    shopper_secret: SecretStr | None = Field(
        None, description="With which the shop's server vouches for signed-in shoppers; from the environment alone."
    )
    agent_keys: SecretStr | None = Field(
        None, description="The shop's agents and their keys, `Mia=KEY, Tom=KEY`; from the environment alone."
    )
    answers_while_waiting: bool = Field(True, description="Whether the assistant goes on while a person is awaited.")
    agent_silence_minutes: float = Field(
        10, gt=0, le=1440, description="After how long an agent who leaves a shopper unanswered loses the conversation."
    )
    opening_hours: str = Field(
        "", max_length=400, description="When people are there, as in `Mo-Fr 09:00-18:00; Sa 10:00-14:00`; empty: not told."
    )
    time_zone: str = Field("UTC", description="The time zone of the opening hours, as in Europe/Berlin.")
    holidays: str = Field("", max_length=2000, description="Dates on which nobody is there, as in `2026-12-25, 2027-01-01`.")
    handover_offer: str = Field(
        "no_result, policy_unknown, low_confidence, failure, high_value",
        description="Reasons for which a person is only offered at first; for all others one is called at once.",
    )
    handover_off: str = Field("", description="Reasons for which no person is called or offered.")
    handover_failures: int = Field(2, ge=1, le=20, description="Failures in a row after which a person is called.")
    handover_cart: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Value of a cart from which a person is offered; empty for never."
    )
    handover_threshold: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="How likely a call for a person must be to count; less hands over more."
    )
    webhook_url: str = Field("", description="Where the events of hand-overs are posted, signed; empty for nowhere.")
    webhook_secret: SecretStr | None = Field(
        None, description="What these posts are signed with; from the environment alone."
    )
    chatwoot_url: str = Field("", description="Address of a Chatwoot that takes hand-overs; empty for none.")
    chatwoot_account: int = Field(0, ge=0, description="Number of the account there.")
    chatwoot_inbox: int = Field(0, ge=0, description="Number of its API inbox.")
    chatwoot_token: SecretStr | None = Field(
        None, description="An administrator's access token there; from the environment alone."
    )
    chatwoot_hook_token: SecretStr | None = Field(
        None, description="Last part of the webhook's address that Chatwoot calls; from the environment alone."
    )
    chatwoot_hook_secret: SecretStr | None = Field(
        None, description="What Chatwoot signs its webhooks with; from the environment alone."
    )
    tickets_url: str = Field("", description="Address of a help desk with Zendesk's interface; empty for none.")
    tickets_email: str = Field("", description="The user there in whose name tickets are written.")
    tickets_token: SecretStr | None = Field(None, description="That user's token; from the environment alone.")
    tickets_hook_secret: SecretStr | None = Field(
        None, description="What that help desk signs its webhooks with; from the environment alone."
    )
    tickets_requester_email: str = Field("", description="The requester of tickets, where the help desk wants an address.")
    public_url: str = Field("", max_length=400, description="Where this server is reached, for links sent to help desks.")

    @property
    def help_desks(self) -> tuple[str, ...]:
        """The names of the help desks that are told of hand-overs."""
        urls = {"webhook": self.webhook_url, "chatwoot": self.chatwoot_url, "tickets": self.tickets_url}
        return tuple(name for name, url in urls.items() if url)

    @model_validator(mode="after")
    def _help_desks_are_whole(self) -> Settings:
        needs = (
            ("webhook_url", self.webhook_url, {"webhook_secret": self.webhook_secret}),
            (
                "chatwoot_url",
                self.chatwoot_url,
                {
                    "chatwoot_account": self.chatwoot_account,
                    "chatwoot_inbox": self.chatwoot_inbox,
                    "chatwoot_token": self.chatwoot_token,
                    "chatwoot_hook_token or chatwoot_hook_secret": self.chatwoot_hook_token or self.chatwoot_hook_secret,
                },
            ),
            (
                "tickets_url",
                self.tickets_url,
                {
                    "tickets_email": self.tickets_email,
                    "tickets_token": self.tickets_token,
                    "tickets_hook_secret": self.tickets_hook_secret,
                },
            ),
        )
        for name, url, wanted in needs:
            missing = [key for key, value in wanted.items() if not value]
            if url and missing:
                raise ValueError(f"{name} is {url!r} without {', '.join(missing)}; expected all that the help desk needs")
        return self

    @property
    def agents(self) -> dict[str, str]:
        """The key of each of the shop's agents, by name; empty where there is no console."""
        return {} if self.agent_keys is None else _read_agents(self.agent_keys)

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The origins whose pages may call the HTTP API."""
        return read_origins(self.origins)

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: str) -> str:
        read_origins(origins)
        return origins

    @field_validator("agent_keys")
    @classmethod
    def _has_names_and_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            _read_agents(keys)
        return keys

    @property
    def has_speaking_model(self) -> bool:
        """Whether a language model writes the prose."""
        return self.prose == "model" or (self.prose == "auto" and bool(self.chat_model or self.chat_base_url))

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.home / 'shop.db'}"


def _read_agents(keys: SecretStr) -> dict[str, str]:
    agents = {}
    for part in filter(None, (part.strip() for part in keys.get_secret_value().split(","))):
        name, _, key = (side.strip() for side in part.partition("="))
        if not name or len(key) < _SHORTEST_KEY or name in agents:
            raise ValueError(
                f"expected NAME=KEY for each agent, parted by commas, keys of {_SHORTEST_KEY} characters or more"
            )
        agents[name] = key
    if len(set(agents.values())) < len(agents):
        raise ValueError("expected a key of their own for each agent: the key says who it is")
    return agents


def load_settings(environment: Mapping[str, str] = os.environ, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings in force; `overrides` (from the command line) win over all.

    Raises `SettingsError` that names each wrong key, its value and what was expected.
    """
    home = Path(environment.get(f"{ENVIRONMENT_PREFIX}HOME", "var"))
    from_file = _read_file(home / FILE_NAME)
    unknown = _unknown_variables(environment)
    if unknown:
        raise SettingsError("\n".join(unknown))
    # A variable that is set but empty counts as not set, as a line `NAME=` in a service file means it.
    from_environment = {key: environment[_variable(key)] for key in Settings.model_fields if environment.get(_variable(key))}
    try:
        return Settings(**(from_file | from_environment | dict(overrides or {})))
    except ValidationError as error:
        raise SettingsError("\n".join(_describe(error, environment, overrides or {}))) from error


def _read_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    for key in SECRETS & values.keys():
        raise SettingsError(f"{key} in {path}: a secret is expected in the environment ({_variable(key)}), not in a file")
    return values


def _variable(key: str) -> str:
    return f"{ENVIRONMENT_PREFIX}{key.upper()}"


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = Settings.model_fields.keys() | NOT_SETTINGS
    names = [n for n in environment if n.startswith(ENVIRONMENT_PREFIX)]
    return [
        f"{name}={environment[name]!r} is no setting; expected one of {', '.join(map(_variable, Settings.model_fields))}"
        for name in sorted(names)
        if name.removeprefix(ENVIRONMENT_PREFIX).lower() not in known
    ]


def _describe(error: ValidationError, environment: Mapping[str, str], said: Mapping[str, object]) -> list[str]:
    lines = []
    for problem in error.errors():
        if not problem["loc"]:  # of several settings together
            lines.append(problem["msg"].removeprefix("Value error, "))
            continue
        key = str(problem["loc"][0])
        if key not in Settings.model_fields:
            lines.append(f"{key} in {FILE_NAME} is no setting; expected one of {', '.join(Settings.model_fields)}")
            continue
        where = _variable(key) if environment.get(_variable(key)) else f"{key} in {FILE_NAME}"
        where = f"--{key.replace('_', '-')}" if key in said else where
        value = "***" if key in SECRETS else repr(problem["input"])
        lines.append(f"{where} is {value}; {problem['msg'][0].lower()}{problem['msg'][1:]}")
    return lines


def describe_settings() -> list[tuple[str, str, str]]:
    """(environment variable, default, what it does) of every setting, in order; the documentation is made of it."""
    rows = []
    for key, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        rows.append((_variable(key), default, field.description or ""))
    return rows
