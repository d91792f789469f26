"""The limit on open files; every connection is an open file."""

import resource

from serving.exceptions import TooFewOpenFiles


def allow_open_files(number: int) -> None:
    """Raise the limit of this process to this number.

    Raises:
        TooFewOpenFiles: the hard limit is lower.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if hard != unlimited and hard < number:
        raise TooFewOpenFiles(f"the web server needs {number} open files and may have {hard}: see ulimit -Hn")
    if soft != unlimited and soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
