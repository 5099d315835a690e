"""Fields that every form has."""

from __future__ import annotations

import secrets

from django import template
from django.contrib.messages.storage.base import Message
from django.utils.html import format_html
from django.utils.safestring import SafeString

from library.http.idempotent_forms import KEY_FIELD
from library.http.shortcuts import PROGRESS_TAG, message_go_back, message_undo_id

register = template.Library()


@register.filter
def undo_id(message: Message) -> str:
    """The id of the bulk action that a message offers to undo; empty when it offers none."""
    return message_undo_id(message)


@register.filter
def go_back_url(message: Message) -> str:
    """The address to which a message's button posts that takes back what it says; empty when it has none."""
    return message_go_back(message)[1]


@register.filter
def go_back_label(message: Message) -> str:
    """What that button says."""
    return message_go_back(message)[0]


@register.filter
def links_to_progress(message: Message) -> bool:
    """Whether a message comes with a link to the page that shows the progress of bulk actions."""
    return message.extra_tags == PROGRESS_TAG


@register.simple_tag
def idempotency_key() -> SafeString:
    """A hidden field with an idempotency key: a form that is sent twice is handled once.

    For every form that changes something, except those with a password, which must not enter a digest. Without
    `autocomplete="off"`, Firefox restores a used key when the page is reloaded.
    """
    key = secrets.token_urlsafe(12)
    return format_html('<input type="hidden" name="{}" value="{}" autocomplete="off">', KEY_FIELD, key)
