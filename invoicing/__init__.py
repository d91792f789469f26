"""Gapless invoices, one for each confirmed order."""
