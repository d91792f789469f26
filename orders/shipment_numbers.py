"""The numbers of shipments, as people and other apps know them: S-000123. A missing number is no lost shipment."""

import re

_NUMBER = re.compile(r"S-(\d{6,18})", re.ASCII)


def shipment_number(shipment_id: int) -> str:
    """The number of a shipment: six digits, and more when they are needed."""
    return f"S-{shipment_id:06}"


def shipment_number_in_sql(column: str) -> str:
    """An expression of SQL for the number of the shipment whose id a column has."""
    return f"('S-' || lpad({column}::text, greatest(6, length({column}::text)), '0'))"


def parse_shipment_number(number: object) -> int | None:
    """The id of the shipment with this number; None if no shipment's number looks like this."""
    match = _NUMBER.fullmatch(number) if isinstance(number, str) else None
    shipment_id = int(match[1]) if match else 0
    return shipment_id if shipment_number(shipment_id) == number and shipment_id else None
