from django.apps import AppConfig
from django.contrib.admin import apps


class BackofficeConfig(AppConfig):
    name = "backoffice"


class SiteConfig(apps.AdminConfig):
    """Django's admin with the site of this house: in settings.INSTALLED_APPS instead of django.contrib.admin."""

    default = False
    default_site = "backoffice.site.BackofficeSite"
