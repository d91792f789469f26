"""Streaming responses."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from serving.django_calls import Caller
from serving.response_sender import send_response
from tests.unit.serving.fakes import Client

LAST = {"type": "http.response.body", "body": b""}


class Reader(Client):
    """A client that receives a part of the response when a test tells it to."""

    def __init__(self) -> None:
        super().__init__()
        self.takes = asyncio.Semaphore(0)
        self.left = asyncio.Event()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        await self.takes.acquire()
        self.messages.append(message)


def stream(chunks: Iterator[bytes], scenario) -> Reader:
    """A function that streams chunks to a reader while a scenario runs."""

    async def run() -> Reader:
        reader, caller = Reader(), Caller(lambda _: HttpResponse(), threads=1, name="exports")
        try:
            sending = asyncio.create_task(
                send_response(StreamingHttpResponse(chunks), reader.send, caller, reader.receive)
            )
            await scenario(reader, caller)
            async with asyncio.timeout(30):
                await sending
        finally:
            caller.stop()
        return reader

    return asyncio.run(run())


async def read_all(reader, _caller) -> None:
    for _ in range(1000):
        reader.takes.release()


@pytest.fixture(autouse=True)
def _no_connection(monkeypatch):
    monkeypatch.setattr("serving.response_sender.refresh_connection", lambda: None)


def test_a_slow_reader_holds_no_thread_and_no_more_than_a_chunk_is_made_for_it():
    made = []

    def chunks():
        for number in range(5):
            made.append(number)
            yield b"x"

    async def stop_reading(reader, caller):
        reader.takes.release()
        reader.takes.release()
        while len(made) < 2:
            await asyncio.sleep(0)
        assert await caller.run(lambda: threading.current_thread().name) == "exports_0"
        assert len(made) == 2
        await read_all(reader, caller)

    assert stream(chunks(), stop_reading).body == b"xxxxx"


def test_a_large_chunk_is_sent_in_pieces():
    reader = stream(iter([b"x" * 200_000]), read_all)

    assert [len(message["body"]) for message in reader.messages[1:]] == [65536, 65536, 65536, 3392, 0]


def test_what_fails_in_the_middle_is_never_completed():
    def chunks():
        yield b"first"
        raise ValueError("a fault")

    reader = stream(chunks(), read_all)

    assert reader.body == b"first"
    assert LAST not in reader.messages


def test_nothing_more_is_made_for_a_client_that_went_away():
    closed = threading.Event()

    def chunks():
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    async def leave(reader, _caller):
        for _ in range(3):
            reader.takes.release()
        while len(reader.messages) < 3:
            await asyncio.sleep(0)
        reader.left.set()
        await read_all(reader, _caller)

    stream(chunks(), leave)

    assert closed.wait(30)
