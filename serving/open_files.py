"""The limit on open files, of which every connection is one."""

import resource

from serving.exceptions import TooFewOpenFiles


def allow_open_files(number: int) -> None:
    """Let this process have so many.

    Raises:
        TooFewOpenFiles: it may not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if hard != unlimited and hard < number:
        raise TooFewOpenFiles(f"the web server needs {number} open files and may have {hard}: see ulimit -Hn")
    if soft != unlimited and soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
