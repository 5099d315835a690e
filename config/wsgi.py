"""The WSGI application, for servers that do not know ASGI.

It lacks what `config/asgi.py` has: bodies and responses that no thread waits for, limits on how slowly bodies may come,
and the refusal of strangers before their bodies are read. Put a proxy before it that buffers both.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from library.database_errors import requests_wait_briefly  # noqa: E402 - needs the settings
from library.http.request_checks import SiteWSGIHandler  # noqa: E402 - needs the settings

requests_wait_briefly()
application = SiteWSGIHandler()
