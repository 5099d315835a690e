"""Which addresses take files. At all others, and from strangers, none is written, not even to be deleted again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import load_handler
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.parsers import MultiPartParser

from library.incoming.file_names import FileNameParser
from library.incoming.handler import RefusingUploadHandler, SkippingUploadHandler

View = Callable[..., HttpResponseBase]


def takes_files[V: View](view: V) -> V:
    """Mark a page's view as one whose form has files. Views of the API say so by their parsers."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


class FilesMiddleware:
    """Must come before CsrfViewMiddleware, which reads the form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # For addresses at which there is no view: the page that says so checks the form's CSRF token.
        if request.content_type == "multipart/form-data":
            request.upload_handlers = [SkippingUploadHandler(request)]
            request.multipart_parser_class = FileNameParser  # type: ignore[assignment]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        if request.content_type != "multipart/form-data":
            return
        if _may_send_files(request, view):
            request.upload_handlers = [load_handler(name, request) for name in settings.FILE_UPLOAD_HANDLERS]
        else:
            request.upload_handlers = [RefusingUploadHandler(request)]


def _may_send_files(request: HttpRequest, view: View) -> bool:
    if api_view_class := getattr(view, "cls", None):
        # These know who asks before they read the body.
        api_view = api_view_class(**view.initkwargs)  # type: ignore[attr-defined]
        api_view.action_map = getattr(view, "actions", {})
        return any(isinstance(parser, MultiPartParser) for parser in api_view.get_parsers())
    return getattr(view, "takes_files", False) and request.user.is_authenticated
