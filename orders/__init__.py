"""Catalogue, intake of orders, their states and their timeline."""
