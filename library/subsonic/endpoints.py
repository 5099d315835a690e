"""Every endpoint: what answers it, and which scope it takes. Who adds one says here who may use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from library.subsonic import browsing, details, keeping, lists, media, play_queue, playlists, sonic, system
from library.subsonic.calls import Answer, Call

READ, WRITE, DELETE = "read", "write", "delete"


@dataclass(frozen=True)
class Endpoint:
    """`scope` is what whoever asks must be allowed to do (`access.Visitor`)."""

    answer: Callable[[Call], Answer]
    scope: str = READ


@dataclass(frozen=True)
class PublicEndpoint:
    """An endpoint that says the same to everybody."""

    answer: Callable[[], dict[str, Any]]


def _empty(name: str) -> Endpoint:
    """What Earmark has none of: players that ask for it get an empty list."""
    return Endpoint(lambda call: {name: {}})


ENDPOINTS: dict[str, Endpoint | PublicEndpoint] = {
    "getOpenSubsonicExtensions": PublicEndpoint(system.get_extensions),
    "ping": Endpoint(system.ping),
    "getLicense": Endpoint(system.get_license),
    "tokenInfo": Endpoint(system.token_info),
    "getUser": Endpoint(system.get_user),
    "getScanStatus": Endpoint(system.get_scan_status),
    # Browsing.
    "getMusicFolders": Endpoint(browsing.get_music_folders),
    "getIndexes": Endpoint(browsing.get_indexes),
    "getMusicDirectory": Endpoint(browsing.get_music_directory),
    "getArtists": Endpoint(browsing.get_artists),
    "getArtist": Endpoint(browsing.get_artist),
    "getAlbum": Endpoint(browsing.get_album),
    "getSong": Endpoint(browsing.get_song),
    "getGenres": Endpoint(browsing.get_genres),
    "getAlbumList": Endpoint(lists.get_album_list),
    "getAlbumList2": Endpoint(lists.get_album_list2),
    "getRandomSongs": Endpoint(lists.get_random_songs),
    "getSongsByGenre": Endpoint(lists.get_songs_by_genre),
    "getStarred": Endpoint(lists.get_starred),
    "getStarred2": Endpoint(lists.get_starred2),
    "search2": Endpoint(lists.search2),
    "search3": Endpoint(lists.search3),
    "getArtistInfo": Endpoint(details.get_artist_info),
    "getArtistInfo2": Endpoint(details.get_artist_info2),
    "getAlbumInfo": Endpoint(details.get_album_info),
    "getAlbumInfo2": Endpoint(details.get_album_info),
    "getSimilarSongs": Endpoint(details.get_similar_songs),
    "getSimilarSongs2": Endpoint(details.get_similar_songs2),
    "getTopSongs": Endpoint(details.get_top_songs),
    "getSonicSimilarTracks": Endpoint(sonic.get_sonic_similar_tracks),
    "findSonicPath": Endpoint(sonic.find_sonic_path),
    "getLyrics": Endpoint(details.get_lyrics),
    "getLyricsBySongId": Endpoint(details.get_lyrics_by_song_id),
    # Files.
    "stream": Endpoint(media.stream),
    "download": Endpoint(media.download),
    "getCoverArt": Endpoint(media.get_cover_art),
    "getAvatar": Endpoint(system.no_avatar),
    # Keeping.
    "star": Endpoint(keeping.star, WRITE),
    "unstar": Endpoint(keeping.unstar, WRITE),
    "setRating": Endpoint(keeping.set_rating, WRITE),
    "scrobble": Endpoint(keeping.scrobble, WRITE),
    "getPlaylists": Endpoint(playlists.get_playlists),
    "getPlaylist": Endpoint(playlists.get_playlist),
    "createPlaylist": Endpoint(playlists.create_playlist, WRITE),
    "updatePlaylist": Endpoint(playlists.update_playlist, WRITE),
    "deletePlaylist": Endpoint(playlists.delete_playlist, DELETE),
    "getNowPlaying": Endpoint(play_queue.get_now_playing),
    "getPlayQueue": Endpoint(play_queue.get_play_queue),
    "getPlayQueueByIndex": Endpoint(play_queue.get_play_queue_by_index),
    "savePlayQueue": Endpoint(play_queue.save_play_queue, WRITE),
    "savePlayQueueByIndex": Endpoint(play_queue.save_play_queue_by_index, WRITE),
    # What there is none of.
    "getBookmarks": _empty("bookmarks"),
    "getInternetRadioStations": _empty("internetRadioStations"),
    "getPodcasts": _empty("podcasts"),
    "getNewestPodcasts": _empty("newestPodcasts"),
    "getShares": _empty("shares"),
    **dict.fromkeys(
        (
            *("startScan", "getUsers", "createUser", "updateUser", "deleteUser", "changePassword"),
            *("createShare", "updateShare", "deleteShare", "createBookmark", "deleteBookmark"),
            *("createInternetRadioStation", "updateInternetRadioStation", "deleteInternetRadioStation"),
            *("refreshPodcasts", "createPodcastChannel", "deletePodcastChannel", "deletePodcastEpisode"),
            *("downloadPodcastEpisode", "jukeboxControl", "getChatMessages", "addChatMessage"),
        ),
        Endpoint(system.not_offered),
    ),
}
