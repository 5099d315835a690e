"""Reading a large JSON object member by member, and its lists item by item, in bounded memory."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import IO, Any, NoReturn

READ_SIZE = 256 * 1024
#: The maximum length of a value or list item, in characters.
MAX_VALUE_CHARS = 8 * 2**20


class BadDocumentError(Exception):
    """The document is invalid. The message completes "… cannot be read:"."""


def iter_members(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """(name, value) of each member of the object, and (name, item) for each item of a member that is a list.

    Raises BadDocumentError if it is not a JSON object, or has values that are too long or nested too deeply.
    """
    file.seek(0)
    text = _JSONScanner(file)
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
                text.expect_separator("]")
            text.expect("]")
        text.expect_separator("}")
    text.expect("}")
    if text.peek():
        raise BadDocumentError("there is text after its end")


class _JSONScanner:
    """Parses the text of a file from its start, keeping only the current value in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder(parse_constant=_reject_constant)
        self._text, self._position, self._at_end = "", 0, False

    def peek(self) -> str:
        """The next character after white space; "" at the end. It is not consumed."""
        while True:
            while self._position < len(self._text) and self._text[self._position] in " \t\r\n":
                self._position += 1
            if self._position < len(self._text) or self._at_end:
                return self._text[self._position : self._position + 1]
            self._read()

    def expect(self, char: str) -> None:
        if self.peek() != char:
            raise BadDocumentError("it is not valid JSON")
        self._position += 1

    def expect_separator(self, end: str) -> None:
        """Consume a comma that something follows, or nothing if `end` is next."""
        if self.peek() != end:
            self.expect(",")
            if self.peek() == end:
                raise BadDocumentError("it is not valid JSON")

    def value(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._position)
                # A number at the end of the buffer may continue after it.
                if end < len(self._text) or self._at_end:
                    self._position = end
                    return value
            except json.JSONDecodeError:
                if self._at_end:
                    raise BadDocumentError("it is not valid JSON") from None
            except (RecursionError, ValueError):
                raise BadDocumentError("it is nested too deeply, or has invalid numbers") from None
            if len(self._text) - self._position > MAX_VALUE_CHARS:
                raise BadDocumentError("it is not valid JSON, or an entry is too long")
            self._read()

    def _read(self) -> None:
        """Read more. The buffer doubles, so that a long value is not parsed too often."""
        rest = self._text[self._position :]
        read = self._file.read(max(READ_SIZE, len(rest)))
        try:
            self._text, self._position = rest + self._decoder.decode(read, final=not read), 0
        except UnicodeDecodeError:
            raise BadDocumentError("it is not UTF-8 text") from None
        self._at_end = not read


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(name)
