# One image for every process of Orderflow; the command says which. docker-compose.yml runs them all.
#   docker build --tag orderflow .
#   docker run --init --env-file FILE --publish 8000:8000 orderflow                the web server
#   docker run --init --env-file FILE --env HEARTBEAT_FILE=/tmp/heartbeat orderflow python manage.py relay_outbox
#       a consumer or the relay; without that file, the health check asks for a web server

# By tag and not by digest, so that whoever builds it anew gets what Debian and Python have mended since. Where two builds
# have to be the same, add the digest to both lines: python:3.11-slim-bookworm@sha256:...
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements.txt .
# The venv goes into the last stage, so it has no pip of its own. No compiler: every dependency has a wheel.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --no-deps --require-hashes --only-binary :all: \
        -r requirements.txt \
    && pip --python /venv/bin/python check
COPY . .
# A checkout under a strict umask, such as 077, has files that nobody but its owner may read; here that is root.
RUN chmod -R u=rwX,go=rX .
# The settings want these three; collecting files uses none of them, and none reaches the last stage.
RUN SECRET_KEY=build DATABASE_URL=postgres://localhost/build KAFKA_BOOTSTRAP_SERVERS=build:9092 \
    /venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && /venv/bin/python -m compileall -q .

FROM python:3.11-slim-bookworm
# Nothing is installed in a running container.
RUN pip uninstall --yes --root-user-action ignore pip setuptools wheel \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin orderflow
COPY --from=build /venv /venv
COPY --from=build /app /app
# The web server and deploy/health.py both read WEB_HOST and WEB_PORT.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WEB_HOST=0.0.0.0 \
    WEB_PORT=8000
WORKDIR /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "deploy/health.py"]
CMD ["python", "-m", "config.web"]
