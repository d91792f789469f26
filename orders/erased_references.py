"""What an imported order is known by once its customer was erased."""

from django.utils.crypto import salted_hmac


def erased_reference(reference: str) -> str:
    """The reference instead of one that was erased: an import knows the order by it, and who lacks SECRET_KEY can't
    tell what it was, not even by trying out what it may have been."""
    return "erased-" + salted_hmac("orders.erased_references", reference, algorithm="sha256").hexdigest()[:40]
