"""A member's first steps: aim, who may read, an import or not, one entry, one question. Each answer is kept, so that they
can be left at any point and gone on with; what they change besides is changed by the commands of that thing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.errors import Invalid
from fediprof.here import Here
from fediprof.principal import Member
from fediprof.profiles import store
from fediprof.profiles.records import AIMS, READERS, STEPS, Aim, Beginning, Kind, Readers, Step

FIRST: dict[Aim, Kind] = {
    "quiet": "project",
    "search": "project",
    "known": "ask_me",
    "meet": "talk",
    "look": "free",
}
"""The kind of a first entry that an aim suggests."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is None stays as it was. `step`: the question that comes next."""

    by: Member
    step: Step
    aim: Aim | None = None
    readers: Readers | None = None
    entry_id: int | None = None


def answer(tx: Tx, request: Answer, here: Here) -> Done[Beginning]:
    """Keep an answer, or that a question was passed over. Raises Invalid (field aim, readers)."""
    if request.step not in STEPS:
        raise Invalid("There is no such step", field="step")
    if request.aim is not None and request.aim not in AIMS:
        raise Invalid("Choose what you came for", field="aim")
    if request.readers is not None and request.readers not in READERS:
        raise Invalid("Choose who may read this", field="readers")
    before = store.beginning_of(tx, request.by.actor_id) or Beginning(request.by.actor_id)
    after = replace(
        before,
        step=request.step,
        aim=request.aim or before.aim,
        readers=request.readers or before.readers,
        entry_id=request.entry_id or before.entry_id,
    )
    store.keep_beginning(tx, after, here.now)
    return Done(after)
