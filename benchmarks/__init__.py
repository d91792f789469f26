"""Benchmarks of the product, as ratios to pgbench and to an ordinary implementation: see README.md."""
