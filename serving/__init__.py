"""The web server: uvicorn's HTTP protocol with limits, and an ASGI application that calls Django.

A request goes through the modules in this order: protocol.py (with connections.py), application.py, request_head.py,
request_body.py, admission.py, wsgi_environ.py, django_calls.py, outcomes.py, response_sender.py; rejections.py has the
responses to what does not get that far. docs/decisions/0008-asgi-and-deferred-responses.md says why.
"""
