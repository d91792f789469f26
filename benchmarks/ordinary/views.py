"""Orders over HTTP."""

from rest_framework import mixins, viewsets

from benchmarks.ordinary.models import Order
from benchmarks.ordinary.publishing import publish_order
from benchmarks.ordinary.serializers import OrderSerializer


class OrderViewSet(mixins.CreateModelMixin, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Order.objects.order_by("-created_at").prefetch_related("lines__product")
    serializer_class = OrderSerializer

    def get_queryset(self):
        """Those of a customer or in a status, if the query says so: as DRF's documentation filters."""
        queryset = super().get_queryset()
        for name in ("customer_id", "status"):
            value = self.request.query_params.get(name)
            if value is not None:
                queryset = queryset.filter(**{name: value})
        return queryset

    def perform_create(self, serializer):
        order = serializer.save(client=self.request.user)
        publish_order(order.pk, serializer.data)
