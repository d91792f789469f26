"""Converting to a type that many threads use for the first time at once."""

import signal
import subprocess
import sys

SCRIPT = """
import sys, threading
import msgspec
from common.conversion import convert

def new_type():
    class Line(msgspec.Struct):
        sku: str
        price: str | None = None
    class Order(msgspec.Struct):
        customer: str
        lines: list[Line]
    return Order

def meet(type_, barrier):
    barrier.wait()
    {convert}({{"customer": "C", "lines": [{{"sku": "TEA"}}]}}, type_)

sys.setswitchinterval(1e-6)
for _ in range(60):
    type_, barrier = new_type(), threading.Barrier(8)
    threads = [threading.Thread(target=meet, args=(type_, barrier)) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def run(convert: str) -> int:
    script = SCRIPT.format(convert=convert)
    return subprocess.run([sys.executable, "-c", script], check=False).returncode


def test_threads_that_meet_a_type_at_once_do_no_harm():
    assert run("convert") == 0


def test_msgspec_alone_crashes_so_api_conversion_is_still_needed():
    assert run("msgspec.convert") == -signal.SIGSEGV
