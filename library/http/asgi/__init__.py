"""The site as an ASGI application: bytes come and go in the event loop, everything else runs in threads."""
