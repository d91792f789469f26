"""Where the description is."""

from django.urls import re_path

from api.openapi.views import SchemaView, docs

urlpatterns = [
    re_path(r"^schema/?$", SchemaView.as_view(), name="schema"),
    re_path(r"^docs/?$", docs, name="docs"),
]
