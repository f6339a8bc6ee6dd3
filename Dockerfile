# One image for every process of the platform; compose.yaml says which process a container is.
#
# By tag, not by digest: the fixes of Debian and Python arrive as new images of the same tag, and
# `docker compose build --pull` is how a server takes them over. What is installed here is pinned by the lock.
FROM python:3.13.15-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv

# Before the source, so that a changed line does not install everything again.
COPY requirements.lock ./
RUN /venv/bin/python -m pip install --no-deps --require-hashes --requirement requirements.lock
# The second engine's packages, 300 MB, where a feed is on Spark.
ARG ENGINE=
COPY requirements-engine.lock ./
RUN test -z "$ENGINE" || /venv/bin/python -m pip install --no-deps --no-build-isolation --require-hashes --requirement requirements-engine.lock
# What draws answers on the pages of `acme serve`, 100 MB.
ARG CHARTS=
COPY requirements-charts.lock ./
RUN test -z "$CHARTS" || /venv/bin/python -m pip install --no-deps --require-hashes --requirement requirements-charts.lock

# Editable, because the SQL lies beside the package and not in it.
COPY pyproject.toml setup.py README.md LICENSE ./
COPY acme_platform ./acme_platform
COPY acme_assets ./acme_assets
COPY sql ./sql
RUN /venv/bin/python -m pip install --no-deps --no-build-isolation --editable . \
    && /venv/bin/python -m compileall -q acme_platform acme_assets \
    && /venv/bin/python -m pip check \
    && /venv/bin/python -m pip uninstall --yes --quiet setuptools pip


FROM python:3.13.15-slim-trixie

ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

# A new volume takes owner and mode from the folder it is mounted on: these two make it writable without root.
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/acme --shell /usr/sbin/nologin acme \
    && install --directory --owner acme --group acme --mode 0700 /var/lib/acme /var/lib/lake

COPY --from=build /venv /venv
COPY --from=build /app /app
COPY deploy /app/deploy

WORKDIR /app
USER acme
