"""Django as a WSGI application. The web server loads config/asgi.py, which calls it; any WSGI server may load it."""

import django

from config.settings_module import choose_settings, require_settings

choose_settings()
require_settings()
django.setup(set_prefix=False)

from api.requests import Utf8Handler  # noqa: E402 - it takes the settings

application = Utf8Handler()
