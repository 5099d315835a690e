from django.urls import path

from library import views

urlpatterns = [
    path("", views.library, name="library"),
    path("upload/", views.upload, name="upload"),
    path("tracks/<uuid:track_id>/", views.track, name="track"),
    path("tracks/<uuid:track_id>/analyse/", views.track_analyse, name="track-analyse"),
    path("tracks/<uuid:track_id>/delete/", views.track_delete, name="track-delete"),
    path("tracks/<uuid:track_id>/tray/", views.tray_row, name="tray-row"),
    path("tracks/<uuid:track_id>/timeline/", views.timeline, name="timeline"),
    path("tracks/<uuid:track_id>/original/", views.original, name="original"),
    path("tracks/<uuid:track_id>/audio/", views.audio, name="audio"),
    path("tracks/<uuid:track_id>/spectrogram/", views.spectrogram, name="spectrogram"),
    path("tracks/<uuid:track_id>/peaks/", views.peaks, name="peaks"),
]
