"""Orders over HTTP."""

from rest_framework import mixins, viewsets

from benchmarks.ordinary.models import Order
from benchmarks.ordinary.publishing import publish_order
from benchmarks.ordinary.serializers import OrderSerializer


class OrderViewSet(mixins.CreateModelMixin, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Order.objects.prefetch_related("lines__product")
    serializer_class = OrderSerializer

    def perform_create(self, serializer):
        order = serializer.save(client=self.request.user)
        publish_order(order.pk, serializer.data)
