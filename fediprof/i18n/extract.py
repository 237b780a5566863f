"""Collects the texts of pages and refusals into the catalogues: `python -m fediprof.i18n.extract` (needs Babel, a
package of the tests). New messages get an empty French text, which a test then asks for; the English one is the id."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

from fediprof.i18n import po
from fediprof.i18n.catalog import LANGUAGES

PACKAGE = Path(__file__).parents[1]
KEYWORDS = {"t": None, "N_": None, "tn": (1, 2), "plural": (1, 2)}
_ENGLISH = ("mastodon", "oauth", "cli")
"""Doors whose refusals are read by programs, or by who runs the server; they stay English."""
_HEADER = {
    "Project-Id-Version": "fediprof",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
}
_PLURALS = {"fr": "nplurals=2; plural=(n > 1);", "en": "nplurals=2; plural=(n != 1);"}


def collect(package: Path = PACKAGE) -> dict[str, po.Entry]:
    """{message id: entry with its places}, sorted by id."""
    found: dict[str, po.Entry] = {}
    for place, one, many in (*_messages(package), *_refusals(package)):
        entry = found.setdefault(one, po.Entry(one))
        entry.many = entry.many or many
        entry.places.append(place)
    return dict(sorted(found.items()))


def _messages(package: Path) -> Iterator[tuple[str, str, str]]:
    """(file, message, plural or "") of every marked text."""
    from babel.messages.extract import extract

    for path in sorted([*package.rglob("*.py"), *package.rglob("templates/**/*.html")]):
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        place = path.relative_to(package).as_posix()
        for _line, message, _comments, _context in extract(method, io.BytesIO(path.read_bytes()), keywords=KEYWORDS):
            one, many = (message, "") if isinstance(message, str) else (message[0], message[1])
            if one:
                yield place, one, many


def _refusals(package: Path) -> Iterator[tuple[str, str, str]]:
    """What commands tell a person who is refused: `Invalid("…")` and `public="…"`, with `{name}` where a value stands."""
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package).as_posix()
        if place.startswith(_ENGLISH):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            told = [each.value for each in node.keywords if each.arg == "public"]
            if isinstance(node.func, ast.Name) and node.func.id == "Invalid":
                told += node.args[:1]
            for sentence in filter(None, map(_sentence, told)):
                yield place, sentence, ""


def _sentence(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts = []
    for each in node.values:
        if isinstance(each, ast.Constant):
            parts.append(str(each.value))
        elif isinstance(each, ast.FormattedValue):
            parts.append("{" + re.findall(r"[A-Za-z_]+", ast.unparse(each.value))[-1].lower() + "}")
    return "".join(parts)


def updated(language: str, collected: dict[str, po.Entry], held: dict[str, po.Entry]) -> str:
    """The text of a catalogue: translations kept, new messages added, those no longer used dropped."""
    entries = []
    for entry in collected.values():
        texts = held[entry.one].texts if entry.one in held else []
        if language == "en" and not any(texts):
            texts = [entry.one, entry.many] if entry.many else [entry.one]
        entries.append(po.Entry(entry.one, entry.many, texts, entry.places))
    return po.write({**_HEADER, "Language": language, "Plural-Forms": _PLURALS[language]}, entries)


def path_of(language: str) -> Path:
    return Path(__file__).parent / "locales" / language / "LC_MESSAGES" / "fediprof.po"


def main() -> None:
    collected = collect()
    for language in LANGUAGES:
        path = path_of(language)
        held = po.read(path.read_text("utf-8")) if path.exists() else {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(updated(language, collected, held), "utf-8")
        missing = sum(
            not entry.texts or not all(entry.texts)
            for name, entry in po.read(path.read_text("utf-8")).items()
            if name
        )
        print(f"{language}: {len(collected)} messages, {missing} without a text")


if __name__ == "__main__":
    main()
