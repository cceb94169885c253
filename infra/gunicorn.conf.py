"""gunicorn as ``plumbline serve`` configures it, for those who start it themselves.

    gunicorn -c infra/gunicorn.conf.py plumbline.wsgi:app

Start ``plumbline worker`` beside it, and set PROMETHEUS_MULTIPROC_DIR to an empty folder for both, so that
``/metrics`` of the one shows the figures of the other. HOST, PORT and WORKERS come from the environment.
"""

import os

from plumbline.serving import options
from plumbline.settings import from_environment

_workers = int(os.environ.get("WORKERS", "0")) or None
globals().update(
    options(
        from_environment(), os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000")), _workers
    )
)
