"""What empties the outbox: sends, tries again, and knows when to stop and whom to tell."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from assistant.handoff.outbox import Delivery, DeliveryFailed, Outbox, Target
from assistant.memory import ConversationChanged

REQUESTED = "handover.requested"
"""The event that a shopper waits on."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retries:
    """How a worker goes about it. Times are seconds.

    The n-th retry comes after a random time up to `first_delay` times 2 to the power of n - 1, at most `longest_delay`:
    many that failed together don't come back together. A `Retry-After` of the target, up to `longest_retry_after`, comes on
    top. A delivery is given up after `attempts`, or once the next one would come later than `give_up_after`. A shopper whose
    request for a person has not got through within `tell_after` is told; the tries go on. A lease has to outlast the
    slowest attempt, as a row whose lease is over may be sent by another worker.
    """

    parallel: int = 4
    first_delay: float = 2.0
    longest_delay: float = 300.0
    longest_retry_after: float = 3_600.0
    attempts: int = 200
    give_up_after: float = 86_400.0
    tell_after: float = 120.0
    lease: float = 60.0
    poll: float = 1.0


class Worker:
    """Sends what the outbox holds for one target. Any number of them, in any number of processes, may share a target."""

    def __init__(
        self,
        outbox: Outbox,
        target: Target,
        unreachable: Callable[[str], object],
        *,
        retries: Retries | None = None,
        clock: Callable[[], float] = time.time,
        jitter: random.Random | None = None,
    ) -> None:
        """`unreachable` gets the id of a conversation whose request for a person has not got through.

        It may be called again for the same request, so that it is never forgotten; `KeyError` says that there is none.
        """
        self._outbox = outbox
        self._target = target
        self._unreachable = unreachable
        self._retries = retries or Retries()
        self._clock = clock
        self._jitter = jitter or random.Random()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"deliver-{target.name}", daemon=True)

    def start(self) -> None:
        """Sends in a thread of its own until `stop`. To be called once."""
        self._thread.start()

    def stop(self, seconds: float = 15.0) -> None:
        """Ends the thread, after the sends that are under way; waits for it up to `seconds`."""
        self._stopping.set()
        self._thread.join(seconds)

    def step(self) -> int:
        """Sends what is due, up to `parallel` at once, and tells who waits in vain; returns how many it tried to send."""
        leased = self._outbox.lease(self._target.name, self._clock(), self._retries.parallel, self._retries.lease)
        if leased:
            with ThreadPoolExecutor(len(leased), thread_name_prefix=f"send-{self._target.name}") as pool:
                sending = {pool.submit(self._target.send, delivery): delivery for delivery in leased}
                for sent in as_completed(sending):
                    self._settle(sending[sent], sent.exception())
        self._tell_who_waits_in_vain()
        return len(leased)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._step_safely():
                self._stopping.wait(self._retries.poll)

    def _step_safely(self) -> int:
        try:
            return self.step()
        except (SQLAlchemyError, ConversationChanged) as error:
            # The database may be busy or away for a moment; leases run out, and nothing is lost.
            _log.warning("deliveries to %s wait for the database: %s", self._target.name, error)
            return 0

    def _settle(self, delivery: Delivery, error: BaseException | None) -> None:
        if error is None:
            self._outbox.delivered(delivery)
            return
        failure = error if isinstance(error, DeliveryFailed) else self._broken(error)
        now = self._clock()
        retry_at = now + self._delay(delivery.attempts, failure.retry_after or 0.0)
        in_time = delivery.attempts < self._retries.attempts and retry_at - delivery.queued_at <= self._retries.give_up_after
        if failure.retryable and in_time:
            self._outbox.failed(delivery, retry_at, str(failure))
            return
        _log.warning("delivery %d to %s is given up: %s", delivery.id, delivery.target, failure)
        self._outbox.give_up(delivery, str(failure))

    def _broken(self, error: BaseException) -> DeliveryFailed:
        """A mistake in the target's own code: no reason to stop telling it of everything else."""
        _log.error("the target %s broke", self._target.name, exc_info=error)
        return DeliveryFailed(True, f"the target broke: {type(error).__name__}")

    def _delay(self, attempts: int, retry_after: float) -> float:
        # 2 ** 30 is past any cap, and a float still holds it.
        ceiling = min(self._retries.longest_delay, self._retries.first_delay * 2 ** min(attempts - 1, 30))
        return self._jitter.uniform(0.0, ceiling) + min(retry_after, self._retries.longest_retry_after)

    def _tell_who_waits_in_vain(self) -> None:
        before = self._clock() - self._retries.tell_after
        for delivery in self._outbox.unheard(self._target.name, REQUESTED, before):
            try:
                self._unreachable(delivery.conversation_id)
            except KeyError:
                _log.warning("delivery %d is of a conversation that is gone", delivery.id)
            self._outbox.told(delivery)
