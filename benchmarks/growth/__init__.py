"""Whether it stays as fast with a million orders: `python -m benchmarks --grow 1000000`.

templates.py places one order of each kind through the product, filling.py multiplies them, and the rest measures.
"""
