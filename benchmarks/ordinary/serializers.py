"""Orders with nested lines, as DRF's documentation shows writable nested serializers."""

from decimal import Decimal

from django.db import transaction
from rest_framework import serializers

from benchmarks.ordinary.models import Order, OrderLine, Product


class OrderLineSerializer(serializers.ModelSerializer):
    sku = serializers.SlugRelatedField(slug_field="sku", source="product", queryset=Product.objects.all())

    class Meta:
        model = OrderLine
        fields = ["sku", "quantity", "unit_price"]
        read_only_fields = ["unit_price"]


class OrderSerializer(serializers.ModelSerializer):
    lines = OrderLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = Order
        fields = ["id", "customer_id", "status", "lines", "net", "tax", "total", "created_at"]
        read_only_fields = ["status", "net", "tax", "total"]

    @transaction.atomic
    def create(self, validated_data):
        lines = validated_data.pop("lines")
        net = sum(line["product"].price * line["quantity"] for line in lines)
        tax = sum(line["product"].price * line["quantity"] * line["product"].tax_rate for line in lines)
        tax = tax.quantize(Decimal("0.01"))
        order = Order.objects.create(**validated_data, net=net, tax=tax, total=net + tax)
        for line in lines:
            OrderLine.objects.create(order=order, unit_price=line["product"].price, **line)
        return order
