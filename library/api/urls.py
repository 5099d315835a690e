"""URLs below /api/."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter

from library.api import docs
from library.api.views import (
    account,
    albums,
    base,
    bin,
    bulk_actions,
    classify,
    covers,
    discover,
    events,
    exchange,
    file_tags,
    files,
    labels,
    learned,
    learning,
    playlists,
    plays,
    track_tags,
    tracks,
    uploads,
    verdicts,
)
from library.http.tus import COLLECTION_METHODS, UPLOAD_METHODS

router = SimpleRouter(use_regex_path=False)
router.register("tracks", tracks.TrackViewSet, basename="track")
router.register("albums", albums.AlbumViewSet, basename="album")
router.register("artists", albums.ArtistViewSet, basename="artist")
router.register("tags", labels.TagViewSet, basename="tag")
router.register("playlists", playlists.PlaylistViewSet, basename="playlist")

v1 = [
    *router.urls,
    path("tracks/<uuid:id>/file/", files.OriginalView.as_view(), name="track-file"),
    path("tracks/<uuid:id>/tagged/", files.TaggedView.as_view(), name="track-tagged"),
    path("tracks/<uuid:id>/audio/", files.AudioView.as_view(), name="track-audio"),
    path("tracks/<uuid:id>/spectrogram/", files.SpectrogramView.as_view(), name="track-spectrogram"),
    path("tracks/<uuid:id>/peaks/", files.PeaksView.as_view(), name="track-peaks"),
    path("albums/<uuid:id>/cover/", covers.AlbumCoverView.as_view(), name="album-cover"),
    path("covers/<uuid:id>/<str:size>/", covers.CoverView.as_view(), name="cover"),
    path("tracks/<uuid:id>/file-tags/", file_tags.FileTagsView.as_view(), name="track-file-tags"),
    path("tracks/<uuid:id>/reset/", file_tags.TrackResetView.as_view(), name="track-reset"),
    path("tracks/<uuid:id>/genre/", verdicts.TrackGenreView.as_view(), name="track-genre"),
    path("tracks/<uuid:id>/genre/confirm/", verdicts.GenreConfirmView.as_view(), name="track-genre-confirm"),
    path("tracks/<uuid:id>/genre/undo/", verdicts.GenreUndoView.as_view(), name="track-genre-undo"),
    path("tracks/<uuid:id>/genre/history/", verdicts.GenreHistoryView.as_view(), name="track-genre-history"),
    path("tracks/<uuid:id>/tags/", track_tags.TrackTagsView.as_view(), name="track-tags"),
    path("tracks/<uuid:id>/tags/<int:tag_id>/", track_tags.TrackTagView.as_view(), name="track-untag"),
    path("tracks/<uuid:id>/suggestions/", track_tags.SuggestionsView.as_view(), name="track-suggestions"),
    path(
        "tracks/<uuid:id>/suggestions/reject/",
        track_tags.SuggestionRejectView.as_view(),
        name="suggestion-reject",
    ),
    path("tracks/<uuid:id>/plays/", plays.TrackPlaysView.as_view(), name="track-plays"),
    path("tracks/<uuid:id>/similar/", discover.SimilarView.as_view(), name="track-similar"),
    path("moods/", discover.MoodsView.as_view(), name="moods"),
    path("moods/<str:mood>/", discover.StationView.as_view(), name="mood"),
    path("map/", discover.MapView.as_view(), name="map"),
    path("map/around/", discover.AroundView.as_view(), name="map-around"),
    path("overview/", discover.OverviewView.as_view(), name="overview"),
    path("playlists/<uuid:id>/items/", playlists.PlaylistItemsView.as_view(), name="playlist-items"),
    path(
        "playlists/<uuid:id>/items/<int:item_id>/", playlists.PlaylistItemView.as_view(), name="playlist-item"
    ),
    path("genres/", labels.GenresView.as_view(), name="genres"),
    path("genres/<str:key>/", labels.OwnGenreView.as_view(), name="genre"),
    path("learning/concepts/", learning.ConceptsView.as_view(), name="concepts"),
    path("learning/concepts/<int:id>/", learning.ConceptView.as_view(), name="concept"),
    path("learning/concepts/<int:id>/switch/", learning.ConceptSwitchView.as_view(), name="concept-switch"),
    path("learning/concepts/<int:id>/examples/", learning.ExamplesView.as_view(), name="concept-examples"),
    path(
        "learning/concepts/<int:id>/suggestions/",
        learning.ConceptSuggestionsView.as_view(),
        name="concept-suggestions",
    ),
    path("learning/concepts/<int:id>/question/", learning.QuestionView.as_view(), name="concept-question"),
    path("learning/concepts/<int:id>/answers/", learning.AnswersView.as_view(), name="concept-answers"),
    path(
        "learning/concepts/<int:id>/answers/<uuid:track_id>/",
        learning.AnswerView.as_view(),
        name="concept-answer",
    ),
    path("learning/versions/", learned.LearnedVersionsView.as_view(), name="learned-versions"),
    path("learning/versions/fit/", learned.LearnedFitView.as_view(), name="learned-fit"),
    path("learning/versions/off/", learned.LearnedOffView.as_view(), name="learned-off"),
    path("learning/versions/<int:id>/", learned.LearnedVersionView.as_view(), name="learned-version"),
    path("learning/versions/<int:id>/rows/", learned.LearnedRowsView.as_view(), name="learned-rows"),
    path("learning/versions/<int:id>/accept/", learned.LearnedAcceptView.as_view(), name="learned-accept"),
    path("learning/versions/<int:id>/skip/", learned.LearnedSkipView.as_view(), name="learned-skip"),
    path(
        "learning/versions/<int:id>/activate/", learned.LearnedActivateView.as_view(), name="learned-activate"
    ),
    path("acts/", bulk_actions.BulkActionsView.as_view(), name="bulk-actions"),
    path("acts/<uuid:id>/", bulk_actions.BulkActionView.as_view(), name="bulk-action-detail"),
    path("acts/<uuid:id>/cancel/", bulk_actions.BulkActionCancelView.as_view(), name="bulk-action-cancel"),
    path("acts/<uuid:id>/undo/", bulk_actions.BulkActionUndoView.as_view(), name="bulk-action-undo"),
    path("bin/", bin.BinView.as_view(), name="bin"),
    path("bin/restore/", bin.BinRestoreView.as_view(), name="bin-restore"),
    path("archive/", bulk_actions.ArchiveView.as_view(), name="archive"),
    path("export/json/", exchange.ExportJsonView.as_view(), name="export-json"),
    path("export/csv/", exchange.ExportCsvView.as_view(), name="export-csv"),
    path("import/", exchange.ImportView.as_view(), name="import"),
    path("uploads/", uploads.ApiTusUploadView.as_view(http_method_names=COLLECTION_METHODS), name="uploads"),
    path(
        "uploads/<uuid:upload_id>/",
        uploads.ApiTusUploadView.as_view(http_method_names=UPLOAD_METHODS),
        name="upload",
    ),
    path("events/", events.EventsView.as_view(), name="events"),
    path("classify/", classify.ClassifyView.as_view(), name="classify"),
    path("account/", account.AccountView.as_view(), name="account"),
    path("account/tokens/", account.TokensView.as_view(), name="tokens"),
    path("account/tokens/<int:id>/", account.TokenView.as_view(), name="token"),
    path("models/", account.ModelsView.as_view(), name="models"),
]

urlpatterns = [
    path("v1/", include((v1, "library"), namespace="v1")),
    # The schema holds nothing private, so that it needs no login.
    path("schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="api-schema"),
    path("docs/", login_not_required(docs.docs_page), name="api-docs"),
    re_path("", base.NotFoundView.as_view()),
]
