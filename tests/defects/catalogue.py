"""All defects that other systems had, from the list of pitfalls; a test has to fail for each."""

from tests.defects.business import BUSINESS
from tests.defects.consuming import CONSUMING
from tests.defects.order_life import ORDER_LIFE
from tests.defects.publishing import PUBLISHING
from tests.defects.replaying import REPLAYING
from tests.defects.roll_outs import ROLL_OUTS
from tests.defects.tracing import TRACING

DEFECTS = (*PUBLISHING, *CONSUMING, *BUSINESS, *ORDER_LIFE, *REPLAYING, *ROLL_OUTS, *TRACING)
