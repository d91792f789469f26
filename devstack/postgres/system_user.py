"""PostgreSQL refuses to run as root; so under root it runs as a system user of its own."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import DevstackError

NAME = "embedded_postgres"


@dataclass(frozen=True)
class SystemUser:
    """Another user of this machine, and how to become it."""

    name: str
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give it the file or folder itself, not what is in it."""
        os.chown(path, self.uid, self.gid)

    def prefix(self, *needs: Path) -> tuple[str, ...]:
        """What to put before a command to run it as this user.

        A checkout below a private folder such as /root is out of the user's reach. Rather than open folders that are
        not ours, the command then keeps root's right to pass them.

        Raises:
            DevstackError: `setpriv` (util-linux) is missing.
        """
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise DevstackError("PostgreSQL does not run as root and `setpriv` is missing: run this as another user")
        command = [setpriv, "--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"]
        if not all(is_open_to_all(path) for path in needs):
            command += ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
            command += ["--securebits", "+no_setuid_fixup"]  # without it access(2) forgets that right
        return (*command, "--")


def user_for_postgres() -> SystemUser | None:
    """The user to run PostgreSQL as, made if need be; None: ourselves.

    Raises:
        DevstackError: we are root and cannot make a user.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _make_user()
    return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _make_user() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise DevstackError(f"PostgreSQL does not run as root, and no user for it can be made: {error}") from error
    return pwd.getpwnam(NAME)


def is_open_to_all(path: Path) -> bool:
    """Whether any user may pass every folder above the path, and use the path itself."""
    passable = all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)
    return passable and (path.is_dir() or bool(path.stat().st_mode & stat.S_IXOTH))
