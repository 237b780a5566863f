"""A form as it was sent: its values, its files, and what is wrong with it, beside the field it belongs to.

What was written is never lost: a refused form is shown again with its values.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.requests import Request

from fediprof.errors import Conflict, FediprofError, Invalid, Malformed, NotAllowed, NotFound, TooMuch, Unreachable
from fediprof.i18n.catalog import N_, Texts

Value = TypeVar("Value")
MAX_TEXT = 256 * 1024

REFUSALS: Mapping[type[FediprofError], str] = {
    Unreachable: N_("The other server did not answer as it should. Try again later."),
    NotFound: N_("Nobody and nothing was found at this address."),
    Conflict: N_("This contradicts what is already so."),
    NotAllowed: N_("This is not allowed."),
    TooMuch: N_("This is more than we can take."),
    Malformed: N_("This could not be read."),
    Invalid: N_("This cannot be accepted as it is."),
}
"""What is said of a refusal that brings no sentence of its own in the visitor's language."""


@dataclass(slots=True)
class Form:
    """`errors`: field name → sentence; "" holds what belongs to no field. `status` goes with the answer."""

    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    status: int = 200

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def text(self, name: str) -> str:
        """Without white space around it, line ends as LF."""
        return self[name].replace("\r\n", "\n").strip()

    def has(self, name: str) -> bool:
        """Whether a box is ticked."""
        return name in self.values

    def number(self, name: str) -> int | None:
        return whole(self[name])

    def refuse(self, sentence: str, name: str = "") -> None:
        self.errors.setdefault(name, sentence)
        self.status = 422

    async def attempt(
        self, t: Texts, doing: Awaitable[Value], *, known: frozenset[str] = frozenset()
    ) -> Value | None:
        """What `doing` gives, or None with its refusal written beside the field (or above the form, when the form has
        no such field: `known` lists those it shows)."""
        try:
            return await doing
        except (Invalid, Conflict, Malformed, NotAllowed, NotFound, TooMuch, Unreachable) as error:
            name = getattr(error, "field", "")
            self.refuse(sentence(error, t), name if not known or name in known else "")
            return None


def sentence(error: FediprofError, t: Texts) -> str:
    """What to tell a person of a refusal: its own sentence when the catalogue has it, else what its kind means."""
    if isinstance(error, TooMuch) and error.retry_after is not None:
        minutes = max(1, round(error.retry_after / 60))
        return t.plural(
            "Too many attempts. Try again in a minute.", "Too many attempts. Try again in {n} minutes.", minutes
        )
    if (told := t.told(error.public)) is not None:
        return told
    for kind, words in REFUSALS.items():
        if isinstance(error, kind):
            return t(words)
    return t("Something went wrong.")


async def read(request: Request, *, max_bytes: int) -> Form:
    """The form of a request. `max_bytes`: the most one of its files may have. Raises TooMuch, Malformed."""
    length = whole(request.headers.get("content-length", "")) or 0
    if length > 5 * max_bytes + MAX_TEXT:
        raise TooMuch("form too large")
    form = Form()
    async with request.form(max_files=8, max_fields=200, max_part_size=MAX_TEXT) as sent:
        for name, value in sent.multi_items():
            if isinstance(value, str):
                value = value.replace("\x00", "")  # no text has one, and PostgreSQL takes none
                form.values[name] = value
                form.lists.setdefault(name, []).append(value)
            elif value.size:
                kept = await value.read(max_bytes + 1)
                if len(kept) > max_bytes:
                    raise TooMuch(f"file of more than {max_bytes} bytes")
                form.files[name] = kept
    return form


def whole(text: str) -> int | None:
    """A positive number of at most 63 bits, or None: ids and lengths as addresses and forms carry them."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
