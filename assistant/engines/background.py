"""A chat model that loads while the shop already serves."""

from __future__ import annotations

from collections.abc import Callable, Generator
from threading import Lock, Thread

from assistant.chat_models import ChatModel, ChatModelError, ChatModelUnavailable, Request


class BackgroundChatModel:
    """Loads another model in a thread of its own; until that is done, every request is refused at once.

    Nothing loads before `start` or `wait`: a process must not end while a library loads in a thread, so whatever may fail
    comes first.
    """

    def __init__(self, load: Callable[[], ChatModel]) -> None:
        """Takes what loads the model. A load that fails is remembered, and told to whoever asks."""
        self._model: ChatModel | None = None
        self._failure: ChatModelError | None = None
        self._thread = Thread(target=self._load, args=(load,), name="chat-model-loader", daemon=True)
        self._starting = Lock()

    def start(self) -> None:
        """Starts loading, if that has not begun."""
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()

    def _load(self, load: Callable[[], ChatModel]) -> None:
        try:
            self._model = load()
        except ChatModelError as failure:
            self._failure = failure

    @property
    def name(self) -> str:
        """The name of the model, or what it is doing."""
        return self._model.name if self._model else "failed to load" if self._failure else "loading"

    def wait(self, seconds: float | None = None) -> ChatModel:
        """The model itself, once it is there. Raises `ChatModelError` if it failed or takes longer than `seconds`."""
        self.start()
        self._thread.join(seconds)
        if self._failure is not None:
            raise self._failure
        if self._model is None:
            raise ChatModelUnavailable("the language model is still loading")
        return self._model

    def stream(self, request: Request) -> Generator[str]:
        """The model's stream. Raises `ChatModelUnavailable` while it is loading."""
        return self.wait(0).stream(request)

    def close(self) -> None:
        """Closes the model if it is there."""
        if self._model is not None:
            self._model.close()
