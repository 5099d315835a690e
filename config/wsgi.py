"""The WSGI application, for servers that do not know ASGI.

It lacks what `config/asgi.py` has: bodies and responses that no thread waits for, limits on how slowly bodies may come,
and the refusal of strangers before their bodies are read. Put a proxy before it that buffers both.
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
