from django.apps import AppConfig
from django.conf import settings

from messaging import crash_points


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        crash_points.arm(settings.CRASH_AT)
