"""`make demo`: `make run` with customers who order all the time, one order that is stuck, and faults on keys.

shop.py speaks to the product over HTTP, customers.py orders, faults.py breaks things, keyboard.py reads keys, and
run.py puts them together.
"""
