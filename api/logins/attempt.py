"""An attempt to log in, and its counters."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from api.client_address import network_of

_ALLOWED_TO_ONE = 5  # failures before the first wait: of one browser, or of one address with one account
_ALLOWED_TO_MANY = 20  # of one address with whatever accounts, or of whatever addresses with one account


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to log in.

    Attributes:
        username: as it was typed.
        address: of the client.
        browser: the id of a browser that has logged in to this account before; "" for any other.
    """

    username: str
    address: str
    browser: str = ""

    @property
    def allowances(self) -> Mapping[str, int]:
        """The counters of this attempt, with the number of failures that each allows.

        A known browser of the account has a counter of its own, so that attackers can't lock it out, from whatever
        address. All others share three.
        """
        if self.browser:
            return {_key("browser", self.browser, self.username): _ALLOWED_TO_ONE}
        network = network_of(self.address)
        return {
            _key("address and account", network, self.username): _ALLOWED_TO_ONE,
            _key("address", network): _ALLOWED_TO_MANY,
            _key("account", self.username): _ALLOWED_TO_MANY,
        }

    @property
    def own_counter(self) -> str:
        """The counter that a success resets; not those of the address or the account, which attackers may share."""
        return next(iter(self.allowances))


def _key(*parts: str) -> str:
    """The key of a counter, without personal data: people sometimes type their password as the user name."""
    return salted_hmac("api.logins", "\x00".join(parts), algorithm="sha256").hexdigest()
