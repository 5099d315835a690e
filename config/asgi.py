"""The ASGI application, for the web server (`config/server.py`)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from library.database_errors import requests_wait_briefly  # noqa: E402 - after Django is set up
from library.http.asgi.handler import Handler  # noqa: E402 - after Django is set up

requests_wait_briefly()
application = Handler()
