"""The one resource, and a probe."""

from django.http import HttpResponse
from django.urls import include, path
from rest_framework.routers import SimpleRouter

from benchmarks.ordinary.views import OrderViewSet

router = SimpleRouter(trailing_slash=False)
router.register("orders", OrderViewSet)

urlpatterns = [path("", include(router.urls)), path("health/ready", lambda _: HttpResponse("ready"))]
