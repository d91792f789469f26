"""The system user that PostgreSQL runs as where devstack runs as root, because PostgreSQL does not run as root."""

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
    """A system user that commands can be run as."""

    name: str
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Make it the owner of a file or folder, not of what is in it."""
        os.chown(path, self.uid, self.gid)

    def prefix(self, *needs: Path) -> tuple[str, ...]:
        """The command that runs another command as this user, to be put before it.

        The user can't enter a checkout below a private folder such as /root. The command then keeps root's capability
        to enter folders, so that their permissions need not be changed.

        Raises:
            DevstackError: `setpriv` (util-linux) is missing.
        """
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise DevstackError("PostgreSQL does not run as root and `setpriv` is missing: run this as another user")
        command = [setpriv, "--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"]
        if not all(is_open_to_all(path) for path in needs):
            command += ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
            command += ["--securebits", "+no_setuid_fixup"]  # without it access(2) ignores the capability
        return (*command, "--")


def user_for_postgres() -> SystemUser | None:
    """The user to run PostgreSQL as, created if it does not exist; None for the current user.

    Raises:
        DevstackError: the current user is root, and a user can't be created.
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
