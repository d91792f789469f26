"""The context manager that a server is: ready inside, stopped after it."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class ServerContext(ABC):
    """A server that is ready inside a `with` block and stopped after it; killed if it does not get ready."""

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def wait_ready(self) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def kill(self) -> None: ...

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()
