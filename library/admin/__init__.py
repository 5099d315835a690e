"""The reviewer's desk. It shows; what it changes, it changes through services.

People's music is here only as far as they share it: every list of it starts from `selectors.visible_to`.
"""

from django.contrib import admin
from django.contrib.auth.models import Group

from library.admin import people, tracks, verdicts

__all__ = ["people", "tracks", "verdicts"]

admin.site.site_header = "Earmark"
admin.site.site_title = "Earmark"
admin.site.index_title = "The reviewer's desk"
admin.site.unregister(Group)
