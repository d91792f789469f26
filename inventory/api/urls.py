"""The paths of the stock API."""

from api.routers import Router
from inventory.api.views import StockViewSet

router = Router()
router.register("stock", StockViewSet, basename="stock")

urlpatterns = router.urls
