"""Locales: the language and the formats that somebody reads, as tags by BCP 47."""

import re

from common.text import trim

# A language, perhaps a script, perhaps a country or region. Babel itself takes more: variants, and what is no locale.
_FORM = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?")
_UNDETERMINED = "und"


def parse_locale(value: object) -> str:
    """A locale as it is stored, such as de-AT: of de_at that is the tag.

    Raises:
        ValueError: there is no such locale.
    """
    text = trim(value).replace("_", "-") if isinstance(value, str) else ""
    tag = _known(text) if _FORM.fullmatch(text) else None
    if tag is None:
        raise ValueError("must be a locale that there is, such as de or en-GB")
    return tag


def _known(text: str) -> str | None:
    from babel import Locale, UnknownLocaleError  # late: most processes meet no locale, and it takes a while

    try:
        locale = Locale.parse(text, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
    return None if text.lower().startswith(_UNDETERMINED) else str(locale).replace("_", "-")
