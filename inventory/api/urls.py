"""The paths of the stock API."""

from api.routers import Router
from inventory.api.views import StockTakeViewSet, StockViewSet

router = Router()
router.register("stock", StockViewSet, basename="stock")
router.register("stock-takes", StockTakeViewSet, basename="stock-take")

urlpatterns = router.urls
