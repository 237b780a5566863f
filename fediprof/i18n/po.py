"""Reading and writing gettext's `.po` files (GNU gettext manual §10): the catalogues are kept as text, nothing is compiled.

Only what our catalogues use: no contexts, no obsolete entries.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Entry:
    """`one` is the message id, `many` its plural id or "". `texts`: the translation, or one per plural form."""

    one: str
    many: str = ""
    texts: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)


def read(text: str) -> dict[str, Entry]:
    """{message id: entry}, in the order of the file; the header stands under ""."""
    entries: dict[str, Entry] = {}
    current, part = Entry(""), ""
    seen_id = False

    def done() -> None:
        if seen_id:
            entries[current.one] = current

    for line in [*text.splitlines(), ""]:
        if not line.strip():
            done()
            current, part, seen_id = Entry(""), "", False
        elif line.startswith("#: "):
            current.places += line[3:].split()
        elif line.startswith("#"):
            continue
        elif line.startswith('"'):
            _extend(current, part, ast.literal_eval(line))
        else:
            part, _, quoted = line.partition(" ")
            if part == "msgid":
                seen_id = True
            elif part.startswith("msgstr"):
                current.texts.append("")
            _extend(current, part, ast.literal_eval(quoted))
    return entries


def _extend(entry: Entry, part: str, text: str) -> None:
    if part == "msgid":
        entry.one += text
    elif part == "msgid_plural":
        entry.many += text
    else:
        entry.texts[-1] += text


def write(header: Mapping[str, str], entries: Iterable[Entry]) -> str:
    """The file's text; entries in the order given."""
    blocks = [
        'msgid ""\nmsgstr ""\n'
        + "".join(f"{_quoted(f'{name}: {value}' + chr(10))}\n" for name, value in header.items())
    ]
    for entry in entries:
        lines = [f"#: {' '.join(sorted(set(entry.places)))}"] if entry.places else []
        lines.append(f"msgid {_quoted(entry.one)}")
        if entry.many:
            lines.append(f"msgid_plural {_quoted(entry.many)}")
            texts = entry.texts if len(entry.texts) == 2 else ["", ""]
            lines += [f"msgstr[{n}] {_quoted(text)}" for n, text in enumerate(texts)]
        else:
            lines.append(f"msgstr {_quoted(entry.texts[0] if entry.texts else '')}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
