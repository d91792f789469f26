"""The product without one of its parts, for benchmarks/observability.py. No setting of the product does that."""
