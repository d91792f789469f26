"""The lags of the consumers as they were a moment ago: a page does not wait for a Kafka that is away."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.lag import ConsumerLag, lags
from operations.pipeline import CONSUMERS

_ASK_EVERY = 3.0  # seconds; however many people look


class LagWatch:
    """Asks for lags in the background, one request at a time; `ask` is called in a thread of its own."""

    def __init__(self, ask: Callable[[], list[ConsumerLag]]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answer: Future[list[ConsumerLag]] | None = None
        self._asked_at = 0.0

    def latest(self, *, timeout: float) -> Sequence[ConsumerLag]:
        """The lags of the last few seconds; waits so many seconds for a first answer.

        Raises:
            TransportUnavailable: why they are not known.
        """
        try:
            return self._current().result(timeout)
        except FutureTimeout:
            raise TransportUnavailable(f"Kafka has not answered for {timeout:g} s") from None

    def _current(self) -> "Future[list[ConsumerLag]]":
        with self._lock:
            answer = self._answer
            if answer is None or (answer.done() and time.monotonic() - self._asked_at > _ASK_EVERY):
                answer = self._answer = Future()
                self._asked_at = time.monotonic()
                try:
                    threading.Thread(target=self._work, args=[answer], name="lag-watch", daemon=True).start()
                except RuntimeError as error:  # as many threads as there may be: else nobody would ever answer
                    answer.set_exception(TransportUnavailable(f"Kafka was not asked: {error}"))
            return answer

    def _work(self, answer: "Future[list[ConsumerLag]]") -> None:
        try:
            answer.set_result(self._ask())
        except Exception as error:  # noqa: BLE001 - whoever looks gets it
            answer.set_exception(error)


watch = LagWatch(lambda: lags({name: consumer.topics for name, consumer in CONSUMERS.items()}))
