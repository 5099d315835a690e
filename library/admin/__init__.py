"""The admin site, where reviewers work. It writes only through services.

It shows the music only of people who share theirs: every list of tracks starts from `selectors.visible_to`.
"""

from django.contrib import admin
from django.contrib.auth.models import Group

from library.admin import jobs, people, predictions, tokens, tracks, verdicts

__all__ = ["jobs", "people", "predictions", "tokens", "tracks", "verdicts"]

admin.site.site_header = "Earmark"
admin.site.site_title = "Earmark"
admin.site.index_title = "Overview"
# The pages are in the head of each (`templates/admin/base_site.html`), and lists need the width.
admin.site.enable_nav_sidebar = False
admin.site.unregister(Group)
