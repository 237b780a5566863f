"""One thing `fediprof doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "worth a look", "bad", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`words`: what was found; for what is not good, what to mend."""

    check: str
    state: State
    words: str
