"""PostgreSQL's own record of its main process."""

from pathlib import Path

from devstack.processes import tree


def end_stale_postmaster(data: Path) -> None:
    """Make sure that no server of an earlier run is on this data folder, nor keeps a new one away.

    PostgreSQL refuses to start if *any* process has the pid in postmaster.pid: a stranger after a reboot, or a zombie
    in a container whose first process never waits. The file also says when the server started, which tells them apart.
    Backends that outlive their server still keep a new one away, by the shared memory that they are attached to.
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
