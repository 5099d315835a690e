from django.urls import path

from library.resumable import ResumableUploads
from library.views import acts, downloads, files, genres, library, tracks, uploads

urlpatterns = [
    path("", library.library, name="library"),
    path("upload/", uploads.upload, name="upload"),
    path("upload/<uuid:upload_id>/", uploads.archive, name="upload-archive"),
    path("upload/<uuid:upload_id>/row/", uploads.row, name="upload-row"),
    path("upload/<uuid:upload_id>/forget/", uploads.forget, name="upload-forget"),
    path("uploads/", ResumableUploads.as_view(http_method_names=["options", "post"]), name="uploads"),
    path(
        "uploads/<uuid:upload_id>/",
        ResumableUploads.as_view(http_method_names=["options", "head", "patch", "delete"]),
        name="upload-pieces",
    ),
    path("tracks/<uuid:track_id>/", tracks.track, name="track"),
    path("tracks/<uuid:track_id>/edit/", tracks.track_edit, name="track-edit"),
    path("tracks/<uuid:track_id>/genre/", tracks.genre, name="track-genre"),
    path("tracks/<uuid:track_id>/genre/confirm/", tracks.genre_confirm, name="track-genre-confirm"),
    path("tracks/<uuid:track_id>/genre/undo/", tracks.genre_undo, name="track-genre-undo"),
    path("tracks/<uuid:track_id>/tags/", tracks.tag, name="track-tag"),
    path("tracks/<uuid:track_id>/tags/<int:tag_id>/remove/", tracks.untag, name="track-untag"),
    path("tracks/<uuid:track_id>/tags/reject/", tracks.suggestion_reject, name="track-tag-reject"),
    path("tracks/<uuid:track_id>/analyse/", tracks.track_analyse, name="track-analyse"),
    path("tracks/<uuid:track_id>/delete/", tracks.track_delete, name="track-delete"),
    path("tracks/<uuid:track_id>/timeline/", files.timeline, name="timeline"),
    path("tracks/<uuid:track_id>/original/", files.original, name="original"),
    path("tracks/<uuid:track_id>/tagged/", downloads.copy, name="tagged"),
    path("tracks/<uuid:track_id>/audio/", files.audio, name="audio"),
    path("tracks/<uuid:track_id>/spectrogram/", files.spectrogram, name="spectrogram"),
    path("tracks/<uuid:track_id>/peaks/", files.peaks, name="peaks"),
    path("labels/", genres.labels, name="labels"),
    path("labels/genres/", genres.genre_add, name="genre-add"),
    path("labels/genres/<int:genre_id>/rename/", genres.genre_rename, name="genre-rename"),
    path("labels/genres/<int:genre_id>/delete/", genres.genre_delete, name="genre-delete"),
    path("labels/tags/", genres.tag_add, name="tag-add"),
    path("labels/tags/<int:tag_id>/change/", genres.tag_change, name="tag-change"),
    path("labels/tags/<int:tag_id>/delete/", genres.tag_delete, name="tag-delete"),
    path("acts/", acts.acts, name="acts"),
    path("acts/<uuid:act_id>/undo/", acts.act_undo, name="act-undo"),
]
