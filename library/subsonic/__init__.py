"""The players' API: OpenSubsonic, which players on phones and desktops speak.

Its addresses are those below `/rest/`. It is thin over the selectors and services that pages and the REST API
call, too.
"""
