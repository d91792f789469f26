from django.apps import AppConfig
from django.apps import apps as installed
from django.contrib.admin import apps

_ACCESS = ("auth", "api", "knox")  # apps whose pages the sidebar has in one group


class BackofficeConfig(AppConfig):
    name = "backoffice"

    def ready(self) -> None:
        """Call apps in headings as the sidebar does: staff need not know what a library is called."""
        for label in _ACCESS:
            installed.get_app_config(label).verbose_name = "Access"


class SiteConfig(apps.AdminConfig):
    """Django's admin with the site of this house: in settings.INSTALLED_APPS instead of django.contrib.admin."""

    default = False
    default_site = "backoffice.site.BackofficeSite"
