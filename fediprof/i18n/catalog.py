"""Texts in French and English. `texts("fr")("Reply")`; the English sentence is the message's name in the code.

The language is the visitor's, not the account's alone: `choose` says in which order they speak. Dates are in words;
times are UTC, as everywhere, and say so. The catalogues are `locales/*/LC_MESSAGES/fediprof.po`; `i18n.extract`
collects what belongs in them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files

from fediprof.i18n import po

LANGUAGES = ("fr", "en")
NAMES = {"fr": "Français", "en": "English"}

_MONTHS = {
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}


_FIELD = re.compile(r"\{(\w+)\}")


def _pattern(message: str) -> re.Pattern[str]:
    """What finds a message whose places are filled."""
    parts = _FIELD.split(message)
    return re.compile(
        "".join(f"(?P<{part}>.{{1,200}})" if n % 2 else re.escape(part) for n, part in enumerate(parts))
    )


class Texts:
    """The texts of one language. Calls give plain text, never markup."""

    def __init__(self, language: str, entries: dict[str, po.Entry]) -> None:
        self.language = language
        self._one = {name: entry.texts[0] for name, entry in entries.items() if entry.texts and entry.texts[0]}
        self._patterns = [(_pattern(name), text) for name, text in self._one.items() if _FIELD.search(name)]
        self._many = {name: entry.texts for name, entry in entries.items() if entry.many and all(entry.texts)}

    def __call__(self, message: str, **values: object) -> str:
        """`message` in this language, `{name}` replaced by its value. What has no translation stays as it is."""
        text = self._one.get(message, message)
        return text.format(**values) if values else text

    def told(self, sentence: str) -> str | None:
        """A sentence of ours that already holds its values ("At most 5 pictures"), in this language; None for one that
        is no message."""
        if sentence in self._one:
            return self._one[sentence]
        for pattern, text in self._patterns:
            if match := pattern.fullmatch(sentence):
                return text.format(**match.groupdict())
        return None

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """One of two sentences by a number, which they hold as `{n}`. French says « 0 jour », English "0 days"."""
        forms = self._many.get(one, [one, many])
        index = (n > 1) if self.language == "fr" else (n != 1)
        return forms[index].format(n=n, **values)

    def date(self, at: datetime) -> str:
        """« 1er novembre 2026 », "1 November 2026"."""
        at = at.astimezone(UTC)
        day = "1er" if at.day == 1 and self.language == "fr" else str(at.day)
        return f"{day} {_MONTHS[self.language][at.month - 1]} {at.year}"

    def month(self, day: str) -> str:
        """A shortened ISO date in words: `2019`, `2019-03` (« mars 2019 »), `2019-03-14`."""
        year, _, rest = day.partition("-")
        month, _, number = rest.partition("-")
        if not month:
            return year
        if number:
            return self.date(datetime(int(year), int(month), int(number), tzinfo=UTC))
        return f"{_MONTHS[self.language][int(month) - 1]} {year}"

    def moment(self, at: datetime) -> str:
        """« 22 novembre 2026 à 23:09 UTC », "22 November 2026 at 23:09 UTC"."""
        at = at.astimezone(UTC)
        return f"{self.date(at)} {'à' if self.language == 'fr' else 'at'} {at:%H:%M} UTC"

    def ago(self, at: datetime, now: datetime) -> str:
        """How long ago, as a person would say it; past a week, the date."""
        seconds = (now - at).total_seconds()
        if seconds < 60:
            return self(N_("just now"))
        if seconds < 3600:
            return self.plural("{n} minute ago", "{n} minutes ago", int(seconds // 60))
        if seconds < 86400:
            return self.plural("{n} hour ago", "{n} hours ago", int(seconds // 3600))
        if seconds < 7 * 86400:
            return self.plural("{n} day ago", "{n} days ago", int(seconds // 86400))
        return self.date(at)


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> Texts:
    """The texts of one of LANGUAGES. Raises KeyError for another."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return Texts(language, catalogue(language))


def catalogue(language: str) -> dict[str, po.Entry]:
    """The entries of a language's file, without its header."""
    path = files("fediprof.i18n") / "locales" / language / "LC_MESSAGES" / "fediprof.po"
    entries = po.read(path.read_text("utf-8"))
    entries.pop("", None)
    return entries


def choose(*said: str | None, accept: str = "", default: str = "fr") -> str:
    """The language to answer in: the first of `said` that we have (what the address asks, what was chosen before, what
    the account says), else the best of `accept` (an Accept-Language header, RFC 9110 §12.5.4), else `default`."""
    for each in said:
        if each and each[:2].lower() in LANGUAGES:
            return each[:2].lower()
    best, weight = default, 0.0
    for part in accept[:500].split(","):
        tag, _, parameter = part.partition(";")
        primary = tag.strip()[:2].lower()
        if primary in LANGUAGES and (quality := _quality(parameter)) > weight:
            best, weight = primary, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def N_(message: str) -> str:
    """Marks a message that is translated later, where it is shown."""
    return message
