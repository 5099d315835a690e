"""Reading one large JSON object piece by piece: its plain values, and the items of its lists."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import IO, Any, NoReturn

CHUNK = 256 * 1024
#: No plain value and no item of a list may be longer than this, in characters.
MOST = 8 * 2**20


class BadDocumentError(Exception):
    """What is wrong, as the end of a sentence."""


def pieces(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """(name, value) of each plain member, and (name, item) for each item of a member that is a list.

    Raises BadDocumentError: no JSON object, or one with items too long or too deep to be harmless.
    """
    file.seek(0)
    text = _Text(file)
    text.expect("{")
    while text.peek() != "}":
        name = text.value()
        if not isinstance(name, str):
            raise BadDocumentError("it is not valid JSON")
        text.expect(":")
        if text.peek() != "[":
            yield name, text.value()
        else:
            text.expect("[")
            while text.peek() != "]":
                yield name, text.value()
                text.between("]")
            text.expect("]")
        text.between("}")
    text.expect("}")
    if text.peek():
        raise BadDocumentError("something follows its end")


class _Text:
    """The text of a file, of which only the piece being looked at is in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder(parse_constant=_no_number)
        self._text, self._at, self._ended = "", 0, False

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._read()

    def expect(self, char: str) -> None:
        if self.peek() != char:
            raise BadDocumentError("it is not valid JSON")
        self._at += 1

    def between(self, end: str) -> None:
        """A comma with something after it, or nothing before the end."""
        if self.peek() != end:
            self.expect(",")
            if self.peek() == end:
                raise BadDocumentError("it is not valid JSON")

    def value(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
                # A number that ends with the text may go on after it.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            except json.JSONDecodeError:
                if self._ended:
                    raise BadDocumentError("it is not valid JSON") from None
            except (RecursionError, ValueError):
                raise BadDocumentError("it is nested too deeply, or has numbers that are none") from None
            if len(self._text) - self._at > MOST:
                raise BadDocumentError("it is not valid JSON, or a single entry of it is too long")
            self._read()

    def _read(self) -> None:
        """More text: as much again as is there, so that a long piece is not looked at too often."""
        rest = self._text[self._at :]
        read = self._file.read(max(CHUNK, len(rest)))
        try:
            self._text, self._at = rest + self._decoder.decode(read, final=not read), 0
        except UnicodeDecodeError:
            raise BadDocumentError("it is not UTF-8 text") from None
        self._ended = not read


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
