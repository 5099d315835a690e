"""Files that are not audio, with the names of songs."""

from __future__ import annotations

from tests.hostile import MIB, case, with_hole

for name, text in {
    "empty.mp3": "",
    "plain_text.mp3": "This is not music.\n" * 99,
    "playlist.m3u.mp3": "#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n",
    "hls.mp3": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1/a.ts\n#EXT-X-ENDLIST\n",
    "dash.mp3": '<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1/</BaseURL></MPD>',
    "playlist.pls.mp3": "[playlist]\nFile1=/etc/passwd\nNumberOfEntries=1\n",
    "concat.mp3": "ffconcat version 1.0\nfile '/etc/passwd'\n",
    "session.sdp.mp3": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 5004 RTP/AVP 0\n",
    "asx.wma": '<asx version="3.0"><entry><ref href="file:///etc/passwd"/></entry></asx>',
    "cue.flac": 'FILE "/etc/passwd" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "subtitles.mp3": "1\n00:00:00,000 --> 00:00:04,000\nla la la\n",
    "entities.mp3": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}.items():
    case(name, "not_audio" if text else "empty")(lambda path, text=text: text.encode())
case("one_byte.wav", "not_audio")(lambda path: b"R")
case("zeros.mp3", "not_audio")(lambda path: with_hole(path, b"", 64 * MIB, b"\0"))
case("sync_bytes.mp3", "not_audio")(lambda path: b"\xff\xfb" * 500_000)
