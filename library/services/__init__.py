"""Every write to the database and the storage. Pages, API, admin and tasks call only these functions.

They are named `<noun>_<verb>` and take keyword arguments only. When they refuse something, they raise `AudioError` (for
a file) or `DomainError` (for anything else), each with a stable code and a sentence for people.
"""

from library.services.account_deletion import (
    user_delete,
    user_deletion_continue,
    user_deletions_resume,
)
from library.services.album_covers import (
    CoverChoice,
    album_cover_choose,
    album_cover_clear,
    album_cover_reset,
    album_cover_set,
    album_covers_recompute,
    track_cover_record,
)
from library.services.album_requests import album_edit, albums_merge, artist_rename, artists_merge
from library.services.albums import albums_recompute
from library.services.analysis import (
    prediction_adopt,
    prediction_record,
    track_analyse,
)
from library.services.analysis_queue import (
    track_analyse_again,
    track_enqueue,
    track_lease,
    tracks_enqueue,
    tracks_sweep,
)
from library.services.backup import library_backup
from library.services.base_model_refits import base_model_refit_by_id
from library.services.base_model_swaps import base_model_rows_apply, base_models_resume
from library.services.base_models import base_model_activate, base_model_go_back
from library.services.bin import (
    bin_expire,
    bin_purge_fileless,
    track_deletions_expire,
    tracks_move_to_bin,
    tracks_purge,
    tracks_restore,
)
from library.services.bulk_action_requests import (
    bulk_action_request,
    genres_set,
    genres_take_from_files,
    own_genre_delete,
    playlist_append,
    tracks_analyse_again,
    tracks_delete,
    tracks_delete_permanently,
    tracks_rate,
    tracks_star,
)
from library.services.bulk_action_undoing import (
    bulk_action_undo,
    bulk_action_undo_continue,
    bulk_action_undo_later,
    bulk_action_undos_resume,
)
from library.services.bulk_actions import (
    bulk_action_cancel,
    bulk_action_run_queued,
    bulk_actions_resume,
)
from library.services.concept_passes import concept_pass_run, concept_passes_resume
from library.services.concept_switch import concept_switch_off, concept_switch_on
from library.services.covers import cover_record, covers_expire, owner_covers_delete
from library.services.disk_space import (
    data_folder_check,
    reserve_give_up_if_full,
    reserve_keep,
    storage_check,
    uploads_have_room,
)
from library.services.doctor import library_repair
from library.services.edits import track_edit, track_reset
from library.services.effective_genres import effective_genres_recompute, genre_recompute_start
from library.services.emails import email_enqueue, email_send, emails_expire
from library.services.file_checks import original_check_record, originals_verify_due
from library.services.folder_pictures import folder_files_expire, folder_picture_take
from library.services.genre_recompute import (
    genre_recompute_dismiss,
    genre_recompute_run,
    genre_recomputes_resume,
)
from library.services.genres import (
    genre_confirm,
    genre_key_get_or_create,
    genre_set,
    genre_undo,
    own_genre_add,
    own_genre_rename,
)
from library.services.idempotency import (
    idempotency_begin,
    idempotency_expire,
    idempotency_finish,
    idempotency_forget,
    request_digest,
)
from library.services.imports import library_import
from library.services.learned_fits import (
    learned_model_fit,
    learned_model_fit_if_due,
    learned_model_fit_request,
    learned_model_fits_resume,
)
from library.services.learned_models import (
    learned_model_activate,
    learned_models_off,
    learned_rows_accept,
    learned_rows_apply,
    learned_rows_resume,
    learned_rows_skip,
)
from library.services.learning import answer_undo, concept_add, concept_answer, concept_get_or_create
from library.services.moods import moods_recompute
from library.services.people import (
    INVITATION_DAYS,
    invitation_address,
    invitation_key,
    password_reset_email_send,
    sign_up_address,
    sign_up_email_send,
    sign_up_key,
    user_add,
    user_allow_training,
    user_change_email,
    user_share,
    user_trust_file_genres,
    users_set_active,
)
from library.services.play_queues import now_playing_set, play_queue_save
from library.services.player_passwords import (
    MAX_PLAYER_PASSWORDS,
    player_password_create,
    player_password_mark_used,
    player_password_reveal,
    player_password_revoke,
)
from library.services.playlist_contents import playlist_change, playlist_replace
from library.services.playlists import (
    playlist_add,
    playlist_move,
    playlist_remove,
    playlist_rename,
    search_save,
    search_update,
)
from library.services.plays import play_add
from library.services.pruning import rows_prune
from library.services.reanalysis import library_reanalyse
from library.services.removals import playlist_delete, tag_delete, tag_merge
from library.services.restore import library_restore, restored_library_settle
from library.services.sign_in_throttle import (
    email_request_add,
    sign_in_attempt_add,
    sign_in_attempt_remove,
    sign_in_attempts_clear,
)
from library.services.stars import album_star, artist_star, track_rate, track_star
from library.services.tagging_requests import tracks_tag, tracks_untag
from library.services.tags import (
    suggestion_reject,
    tag_add,
    tag_change,
    track_tag,
    track_untag,
)
from library.services.tokens import token_create, token_mark_used, token_revoke
from library.services.track_edit_previews import file_genres_preview, track_edits_preview
from library.services.track_edit_requests import tracks_edit, tracks_name_by_files, tracks_reset
from library.services.track_files import files_delete
from library.services.tracks import track_add, track_delete, upload_check
from library.services.training import library_train
from library.services.transcoded import transcoded_expire
from library.services.typed_tags import tags_add_typed, track_tag_typed
from library.services.upgrades import upgrade_pass_continue, upgrade_pass_resume, upgrade_pass_start
from library.services.uploads import (
    upload_abort,
    upload_append,
    upload_begin,
    upload_offset,
    upload_receive,
    uploads_expire,
)

__all__ = [
    "INVITATION_DAYS",
    "MAX_PLAYER_PASSWORDS",
    "CoverChoice",
    "album_cover_choose",
    "album_cover_clear",
    "album_cover_reset",
    "album_cover_set",
    "album_covers_recompute",
    "album_edit",
    "album_star",
    "albums_merge",
    "albums_recompute",
    "answer_undo",
    "artist_rename",
    "artist_star",
    "artists_merge",
    "base_model_activate",
    "base_model_go_back",
    "base_model_refit_by_id",
    "base_model_rows_apply",
    "base_models_resume",
    "bin_expire",
    "bin_purge_fileless",
    "bulk_action_cancel",
    "bulk_action_request",
    "bulk_action_run_queued",
    "bulk_action_undo",
    "bulk_action_undo_continue",
    "bulk_action_undo_later",
    "bulk_action_undos_resume",
    "bulk_actions_resume",
    "concept_add",
    "concept_answer",
    "concept_get_or_create",
    "concept_pass_run",
    "concept_passes_resume",
    "concept_switch_off",
    "concept_switch_on",
    "cover_record",
    "covers_expire",
    "data_folder_check",
    "effective_genres_recompute",
    "email_enqueue",
    "email_request_add",
    "email_send",
    "emails_expire",
    "file_genres_preview",
    "files_delete",
    "folder_files_expire",
    "folder_picture_take",
    "genre_confirm",
    "genre_key_get_or_create",
    "genre_recompute_dismiss",
    "genre_recompute_run",
    "genre_recompute_start",
    "genre_recomputes_resume",
    "genre_set",
    "genre_undo",
    "genres_set",
    "genres_take_from_files",
    "idempotency_begin",
    "idempotency_expire",
    "idempotency_finish",
    "idempotency_forget",
    "invitation_address",
    "invitation_key",
    "learned_model_activate",
    "learned_model_fit",
    "learned_model_fit_if_due",
    "learned_model_fit_request",
    "learned_model_fits_resume",
    "learned_models_off",
    "learned_rows_accept",
    "learned_rows_apply",
    "learned_rows_resume",
    "learned_rows_skip",
    "library_backup",
    "library_import",
    "library_reanalyse",
    "library_repair",
    "library_restore",
    "library_train",
    "moods_recompute",
    "now_playing_set",
    "original_check_record",
    "originals_verify_due",
    "own_genre_add",
    "own_genre_delete",
    "own_genre_rename",
    "owner_covers_delete",
    "password_reset_email_send",
    "play_add",
    "play_queue_save",
    "player_password_create",
    "player_password_mark_used",
    "player_password_reveal",
    "player_password_revoke",
    "playlist_add",
    "playlist_append",
    "playlist_change",
    "playlist_delete",
    "playlist_move",
    "playlist_remove",
    "playlist_rename",
    "playlist_replace",
    "prediction_adopt",
    "prediction_record",
    "request_digest",
    "reserve_give_up_if_full",
    "reserve_keep",
    "restored_library_settle",
    "rows_prune",
    "search_save",
    "search_update",
    "sign_in_attempt_add",
    "sign_in_attempt_remove",
    "sign_in_attempts_clear",
    "sign_up_address",
    "sign_up_email_send",
    "sign_up_key",
    "storage_check",
    "suggestion_reject",
    "tag_add",
    "tag_change",
    "tag_delete",
    "tag_merge",
    "tags_add_typed",
    "token_create",
    "token_mark_used",
    "token_revoke",
    "track_add",
    "track_analyse",
    "track_analyse_again",
    "track_cover_record",
    "track_delete",
    "track_deletions_expire",
    "track_edit",
    "track_edits_preview",
    "track_enqueue",
    "track_lease",
    "track_rate",
    "track_reset",
    "track_star",
    "track_tag",
    "track_tag_typed",
    "track_untag",
    "tracks_analyse_again",
    "tracks_delete",
    "tracks_delete_permanently",
    "tracks_edit",
    "tracks_enqueue",
    "tracks_move_to_bin",
    "tracks_name_by_files",
    "tracks_purge",
    "tracks_rate",
    "tracks_reset",
    "tracks_restore",
    "tracks_star",
    "tracks_sweep",
    "tracks_tag",
    "tracks_untag",
    "transcoded_expire",
    "upgrade_pass_continue",
    "upgrade_pass_resume",
    "upgrade_pass_start",
    "upload_abort",
    "upload_append",
    "upload_begin",
    "upload_check",
    "upload_offset",
    "upload_receive",
    "uploads_expire",
    "uploads_have_room",
    "user_add",
    "user_allow_training",
    "user_change_email",
    "user_delete",
    "user_deletion_continue",
    "user_deletions_resume",
    "user_share",
    "user_trust_file_genres",
    "users_set_active",
]
