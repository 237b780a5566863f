"""What can go wrong, by meaning. Raise the meaning; each door maps it to its own answer once.

    FediprofError
      Malformed        what was sent cannot be read                      400
      NotVerified      no proof, or a proof that does not hold           401
        WrongKey       the signature is not of the key it names, as we know that key
      NotAllowed       who asks is known, and may not                    403
      NotFound         not there, or not there for you (the same answer) 404
      Gone             was there, was deleted                            410
      Conflict         contradicts what is already so                    409
      Invalid          readable, but breaks a rule of the thing itself   422
      TooMuch          more than we take: bytes, depth, attempts         413 or 429
      TryLater         our side cannot now; ask again                    503
      Unreachable      another server did not answer as it should        502
        Refused          it answered, with a status that is its last word
        Forbidden        our own guard would not go there (address, port, scheme)
      Misconfigured    a setting is wrong; the start stops with its sentence

`str(error)` is for the log and may name hosts and reasons; `error.public` is all the other side reads.
"""

from __future__ import annotations

from typing import ClassVar


class FediprofError(Exception):
    """Base of the tree. `public`: a sentence safe to show to whoever asked."""

    status: ClassVar[int] = 500
    sentence: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str = "", *, public: str | None = None) -> None:
        super().__init__(detail or self.sentence)
        self.public = public if public is not None else self.sentence


class Malformed(FediprofError):
    status = 400
    sentence = "This could not be read"


class NotVerified(FediprofError):
    status = 401
    sentence = "This request carries no valid proof of who sent it"


class WrongKey(NotVerified):
    """All but the signature itself was in order: its key may have been changed, and is worth asking for again."""


class NotAllowed(FediprofError):
    status = 403
    sentence = "This is not allowed"


class NotFound(FediprofError):
    status = 404
    sentence = "Record not found"


class Gone(FediprofError):
    status = 410
    sentence = "This was deleted"


class Conflict(FediprofError):
    status = 409
    sentence = "This contradicts what is already so"


class Invalid(FediprofError):
    """Readable, but against a rule. `field` names the input it belongs to, for forms."""

    status = 422
    sentence = "This breaks a rule"

    def __init__(self, detail: str = "", *, public: str | None = None, field: str = "") -> None:
        super().__init__(detail, public=public if public is not None else detail or None)
        self.field = field


class TooMuch(FediprofError):
    """`retry_after`: seconds, when asking again later can help (429); without it, a size limit (413)."""

    sentence = "This is more than we take"

    def __init__(self, detail: str = "", *, public: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(detail, public=public)
        self.retry_after = retry_after

    @property
    def status(self) -> int:  # type: ignore[override]
        return 413 if self.retry_after is None else 429


class TryLater(FediprofError):
    status = 503
    sentence = "Try again later"

    def __init__(self, detail: str = "", *, public: str | None = None, retry_after: int = 60) -> None:
        super().__init__(detail, public=public)
        self.retry_after = retry_after


class Unreachable(FediprofError):
    status = 502
    sentence = "The other server did not answer as it should"


class Refused(Unreachable):
    """It answered. `code`: its HTTP status; 404 and 410 are told apart by it."""

    def __init__(self, detail: str = "", *, code: int, public: str | None = None) -> None:
        super().__init__(detail, public=public)
        self.code = code


class Forbidden(Unreachable):
    """Our guard does not connect there: a private address, a port, a scheme, a redirect too many."""


class Misconfigured(FediprofError):
    sentence = "A setting is wrong"
