"""The references of imported orders whose customer was erased."""

import re

from django.utils.crypto import salted_hmac

_ERASED = re.compile("erased-[0-9a-f]{40}")


def erased_reference(reference: str) -> str:
    """The reference that replaces one: a keyed hash, so that an import still recognises the order.

    Without SECRET_KEY nobody can tell what the reference was, not even by trying out what it may have been. One that
    was replaced before stays: the import knows it by that.
    """
    if _ERASED.fullmatch(reference):
        return reference
    return "erased-" + salted_hmac("orders.erased_references", reference, algorithm="sha256").hexdigest()[:40]
