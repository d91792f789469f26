"""postmaster.pid, PostgreSQL's record of its main process."""

from pathlib import Path

from devstack.processes import tree


def end_stale_postmaster(data: Path) -> None:
    """End a server of an earlier run on this data folder with its backends, and delete its postmaster.pid.

    PostgreSQL does not start if *any* process has the pid in that file: an unrelated one after a reboot, or a zombie
    in a container whose first process never waits. The file also has the server's start time, which tells them apart.
    Backends that outlive their server prevent a start too, by the shared memory that they are attached to.
    """
    record = data / "postmaster.pid"
    try:
        lines = record.read_text(encoding="utf-8").splitlines()
        pid, started = int(lines[0]), float(lines[2])
    except FileNotFoundError:
        return
    except (ValueError, IndexError):
        record.unlink()
        return
    if server := tree.find(pid, started):
        tree.end([server, *tree.descendants(server)])
    record.unlink(missing_ok=True)
