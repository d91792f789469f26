"""What machines ask a process that runs, without log-in, and the page for people who see to it; all outside DRF."""

from django.contrib import admin
from django.urls import re_path

from operations.dashboard.views import dashboard
from operations.health import live, ready
from operations.metrics import metrics

urlpatterns = [
    re_path(r"^health/live/?$", live, name="health-live"),
    re_path(r"^health/ready/?$", ready, name="health-ready"),
    re_path(r"^metrics/?$", metrics, name="metrics"),
    re_path(r"^operations/?$", admin.site.admin_view(dashboard), name="operations"),
]
