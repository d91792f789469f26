"""Stop signals: Ctrl-C, SIGTERM and SIGHUP."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A stop signal was received. Not an Exception, so that only `finally` and the outermost level handle it."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.signum = signum


class _StopSignals:
    """Signal handlers: the first signal raises `Stopped` in the main thread, later ones are ignored."""

    def __init__(self) -> None:
        self._stopping = False

    def listen(self) -> None:
        self._stopping = False
        for signum in STOP_SIGNALS:
            if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:
                signal.signal(signum, self._stop)

    def disarm(self) -> None:
        self._stopping = True

    def _stop(self, signum: int, _frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            raise Stopped(signum)


_signals = _StopSignals()


def stop_on_signals() -> None:
    """Turn the first stop signal into `Stopped`. SIGHUP stays ignored under nohup."""
    _signals.listen()


def stopping() -> None:
    """Ignore signals from now on: the clean-up that follows must not be interrupted. It ends in bounded time."""
    _signals.disarm()


@contextmanager
def ignoring_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C inside the block: the child in the foreground gets it from the terminal too."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
