"""/orders and /products."""

from api.routers import Router
from orders.api.products import ProductViewSet
from orders.api.views import OrderViewSet

router = Router()
router.register("orders", OrderViewSet, basename="order")
router.register("products", ProductViewSet, basename="product")

urlpatterns = router.urls
