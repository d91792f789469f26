"""manage.py load_demo"""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from operations.cli.base_command import ReportingCommand
from operations.demo import ADMIN, load_demo


class Command(ReportingCommand):
    help = (
        "Load a demo catalogue with stock, the superuser `admin` with the password DEMO_ADMIN_PASSWORD, and the API "
        "client `demo`. Prints one line of JSON: the admin's name and a new API token. Safe to repeat: products and "
        "stock that are there stay as they are."
    )

    def handle(self, **options: Any) -> None:
        if not settings.DEMO_ADMIN_PASSWORD:
            raise CommandError("DEMO_ADMIN_PASSWORD is not set: it becomes the password of the user admin")
        token = load_demo(admin_password=settings.DEMO_ADMIN_PASSWORD)
        self.stdout.write(json.dumps({"admin_user": ADMIN, "api_token": token}))
