import os
import signal
from contextlib import suppress

import pytest

from devstack.processes.signals import STOP_SIGNALS, Stopped, stop_on_signals, stopping


@pytest.fixture(autouse=True)
def _handlers_are_put_back():
    before = {signum: signal.getsignal(signum) for signum in STOP_SIGNALS}
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_and_later_ones_do_not_disturb(signum):
    stop_on_signals()

    with pytest.raises(Stopped) as stopped:
        os.kill(os.getpid(), signum)
    os.kill(os.getpid(), signum)

    assert stopped.value.signum == signum


def test_no_signal_interrupts_what_is_stopping_already():
    stop_on_signals()
    stopping()
    finished = False

    with suppress(Stopped):
        os.kill(os.getpid(), signal.SIGTERM)
        finished = True

    assert finished
