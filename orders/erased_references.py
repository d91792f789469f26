"""The references of imported orders whose customer was erased."""

from django.utils.crypto import salted_hmac


def erased_reference(reference: str) -> str:
    """The reference that replaces one: a keyed hash, so that an import still recognises the order.

    Without SECRET_KEY nobody can tell what the reference was, not even by trying out what it may have been.
    """
    return "erased-" + salted_hmac("orders.erased_references", reference, algorithm="sha256").hexdigest()[:40]
