"""The application that the web server loads: Django's, behind the limits of `serving`."""

from django.conf import settings

from config.tuning import tune
from config.wsgi import application as django_application
from messaging.publisher import stop_background
from orders.group_commit import stop_writer, wait_by
from serving.application import Application
from serving.bodies import Bodies
from serving.crew import wait
from serving.lane import Lane
from serving.open_files import allow_open_files

allow_open_files(settings.WEB_OPEN_FILES)
application = Application(
    django_application,
    lane=Lane(
        "requests",
        threads=settings.WEB_THREADS,
        at_once=settings.WEB_AT_ONCE,
        waiting=settings.WEB_WAITING,
        patience=settings.WEB_PATIENCE.total_seconds(),
        busy_patience=settings.WEB_BUSY_PATIENCE.total_seconds(),
    ),
    probes=Lane("probes", threads=1, at_once=1, waiting=16, patience=4.0, busy_patience=4.0),
    bodies=Bodies(
        largest=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        together=settings.WEB_BODY_MEMORY,
        seconds=settings.WEB_BODY_TIME.total_seconds(),
    ),
    at_end=(stop_writer, stop_background),
)
wait_by(wait)
tune()
