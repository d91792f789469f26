"""A child process with its descendants."""

import contextlib
import os
import secrets
import signal
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from devstack.errors import DevstackError
from devstack.files import rotate_log, write_private
from devstack.processes import tree
from devstack.processes.command import Command
from devstack.processes.registry import Recorded, Registry


class Process:
    """A child process in a session of its own, which Ctrl-C in the terminal does not reach. Can be started again."""

    def __init__(self, command: Command, registry: Registry | None = None) -> None:
        self.command = command
        self._registry = registry
        self._child: subprocess.Popen[bytes] | None = None
        self._token = ""

    @property
    def name(self) -> str:
        """The name given to the command."""
        return self.command.name

    @property
    def log(self) -> Path:
        """The file that its output goes to."""
        return self.command.log

    @property
    def pid(self) -> int:
        """The pid of the latest start.

        Raises:
            DevstackError: it was never started.
        """
        if self._child is None:
            raise DevstackError(f"{self.name} was not started")
        return self._child.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._child.poll() if self._child else None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start it; its output is appended to the log.

        Raises:
            DevstackError: the program does not exist.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        rotate_log(self.log)
        self._token = secrets.token_hex(8)
        with self.log.open("ab") as log, self._output() as output:
            self._child = self._spawn(output.fileno() if output else log.fileno(), log.fileno())
        self._write(self.command.text)
        if self._registry:
            stop_signal = self.command.stop_signal
            self._registry.add(Recorded(self.name, self.pid, tree.started_at(self.pid), stop_signal))

    def listens_on(self, port: int) -> bool:
        """Whether it, or a descendant, listens on a TCP port; who else may do so does not count."""
        return self.is_running and any(tree.listens(each, port) for each in tree.family(self.pid))

    def wait(self) -> int:
        """Wait until it has ended; returns its exit status."""
        return self._child.wait() if self._child else 0

    def stop(self, seconds: float | None = None) -> None:
        """Send its stop signal, and after `seconds` SIGKILL to it and its descendants."""
        if self._child is None:
            return
        family = self.family()
        if self.is_running:
            self._child.send_signal(self.command.stop_signal)
            tree.send(family, signal.SIGCONT)
        self._wait(self.command.stop_seconds if seconds is None else seconds)
        self._end(family)

    def kill(self) -> None:
        """Send SIGKILL to it and all its descendants, also those that outlived it when it crashed."""
        if self._child is not None:
            self._end(self.family())

    def pause(self) -> None:
        """Stop it and its descendants by SIGSTOP: their connections stay open."""
        tree.send(self.family(), signal.SIGSTOP)

    def resume(self) -> None:
        """Undo `pause`."""
        tree.send(self.family(), signal.SIGCONT)

    def family(self) -> set[tree.Handle]:
        """The process and all its living descendants, including those whose parents are dead."""
        if self._child is None:
            return set()
        found = set(tree.marked(self._token))
        if self.is_running:
            found.update(tree.family(self.pid))
        return found

    def _output(self) -> AbstractContextManager[BinaryIO | None]:
        if self.command.output is None:
            return contextlib.nullcontext()
        write_private(self.command.output, "")
        return self.command.output.open("wb")

    def _spawn(self, output: int, log: int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self.command.argv,
                cwd=self.command.folder,
                env={**os.environ, **self.command.environment, **self._marks()},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise DevstackError(f"{self.name} cannot be started: {error}") from error

    def _write(self, text: str) -> None:
        if self._child and self._child.stdin:
            with contextlib.suppress(BrokenPipeError), self._child.stdin as stdin:
                stdin.write(text.encode())

    def _marks(self) -> dict[str, str]:
        owner = self._registry.token if self._registry else None
        return tree.marks(*filter(None, [owner, self._token]))

    def _wait(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._child:
                self._child.wait(timeout=seconds)

    def _end(self, family: set[tree.Handle]) -> None:
        tree.send(family, signal.SIGKILL)
        self._wait(5)
        tree.end(family)
        tree.end(tree.marked(self._token))  # workers that a web server has restarted meanwhile
        if self._registry:
            self._registry.remove(self.pid)
