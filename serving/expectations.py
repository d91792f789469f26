"""Bodies that clients wait to send until they are told to: RFC 9110, 10.1.1."""

from django.db import Error as DatabaseError

from api.authentication import is_nobodys
from common.postgres import refresh_connection
from serving.django_calls import Environ


def is_in_vain(environ: Environ) -> bool:
    """Whether the response to a request is the same without its body: from nobody no address takes one.

    While the database is away, a body may as well come. To be called in a thread.
    """
    refresh_connection()
    try:
        return is_nobodys(environ)
    except DatabaseError:
        return False
