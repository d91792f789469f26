"""What machines ask a process that runs: no log-in, outside DRF."""

from django.urls import re_path

from operations.health import live, ready
from operations.metrics import metrics

urlpatterns = [
    re_path(r"^health/live/?$", live, name="health-live"),
    re_path(r"^health/ready/?$", ready, name="health-ready"),
    re_path(r"^metrics/?$", metrics, name="metrics"),
]
