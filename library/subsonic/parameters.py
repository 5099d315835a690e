"""The parameters of a request: those of its address and, with POST, those of its form together."""

from __future__ import annotations

from urllib.parse import parse_qsl

from django.http import HttpRequest

from library.subsonic.errors import Code, SubsonicError
from library.text import whole_number

#: A playlist or play queue names each of its songs. Django's own limit is 1,000.
MAX_PARAMETERS = 20_000
FORM_TYPE = "application/x-www-form-urlencoded"


class Parameters:
    """Texts by name; each name may come several times."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            # Some clients of PHP's name lists so.
            self._values.setdefault(name.removesuffix("[]"), []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def texts(self, name: str) -> list[str]:
        """All values of a parameter, in their order, without empty ones."""
        return [value for value in self._values.get(name, []) if value]

    def text(self, name: str, default: str = "") -> str:
        """The last value of a parameter."""
        return self._values.get(name, [default])[-1]

    def required(self, name: str) -> str:
        """A parameter without which the request means nothing. Raises SubsonicError."""
        if found := self.text(name):
            return found
        raise SubsonicError(Code.MISSING_PARAMETER, f"The parameter “{name}” is missing.")

    def number(self, name: str, default: int, *, most: int = 10**9) -> int:
        """A whole number from 0; the default without one. Raises SubsonicError for anything else."""
        text = self.text(name).strip()
        if not text:
            return default
        found = whole_number(text, most)
        if found is None:
            raise SubsonicError(Code.GENERIC, f"The parameter “{name}” is not a whole number.")
        return found

    def optional_number(self, name: str) -> int | None:
        return self.number(name, 0) if self.text(name).strip() else None

    def flag(self, name: str, default: bool = False) -> bool:
        text = self.text(name).strip().lower()
        return text in ("true", "1", "yes", "on") if text else default


def parameters_of(request: HttpRequest) -> Parameters:
    """Raises SubsonicError, when there are too many or one has a character that no text here has."""
    pairs = _pairs(request.META.get("QUERY_STRING", ""))
    if request.method == "POST" and request.content_type in (FORM_TYPE, ""):
        pairs += _pairs(request.body.decode("utf-8", "replace"))
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise SubsonicError(Code.GENERIC, "The request contains a NUL character, which no text here has.")
    return Parameters(pairs)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise SubsonicError(Code.GENERIC, f"A request has at most {MAX_PARAMETERS:,} parameters.") from None
