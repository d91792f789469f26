"""How fast the product is, in ratios to pgbench and to an ordinary implementation: see README.md."""
