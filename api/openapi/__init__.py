"""The description of the API by OpenAPI 3.1, made from the views, the structs that they take and give, and the errors.

`operation.py` is what a view declares, `routes.py` finds the views, and `document.py` puts the description together;
see docs/decisions/0030-openapi.md.
"""
