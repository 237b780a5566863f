"""Importing: an upload waits, then lands. All of it lands for its owner alone, and none of these commands has an effect: an
import delivers nothing to anybody, ever."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fediprof.db.database import Tx
from fediprof.effects import Done, Effect
from fediprof.errors import Conflict, Invalid, NotFound
from fediprof.here import Here
from fediprof.portability import ours, store
from fediprof.portability.plan import as_entry
from fediprof.portability.records import Arrival, Draft, Section
from fediprof.principal import Member
from fediprof.profiles import entries, grant_store
from fediprof.profiles import store as profiles
from fediprof.profiles.entries import ReviseEntry, WriteEntries
from fediprof.profiles.records import MAX_QUESTION, Entry
from fediprof.profiles.sets import MAX_SETS, SaveSet, save_set

MOST_TALKED_OF = 3


@dataclass(frozen=True, slots=True)
class HoldImport:
    by: Member
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class DropImport:
    by: Member


@dataclass(frozen=True, slots=True)
class LandImport:
    """`arrival` None: what was held. `sections` None: all of them; `people`: the address book too."""

    by: Member
    arrival: Arrival | None = None
    sections: frozenset[Section] | None = None
    people: bool = True


@dataclass(frozen=True, slots=True)
class Landed:
    """How many entries and people were new, brought up to date, or left as they were."""

    new: int
    changed: int
    left: int
    new_people: int
    changed_people: int


@dataclass(frozen=True, slots=True)
class ForgetPeople:
    """`key` None: the whole address book."""

    by: Member
    key: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerQuestions:
    """`answers`: id of one's own entry → the question one would like to be asked about it."""

    by: Member
    answers: dict[int, str] = field(default_factory=dict)


def hold_import(tx: Tx, request: HoldImport, here: Here) -> Done[None]:
    """Keep what was read until its owner says whether to go on. Raises Invalid for a file with nothing in it."""
    if not request.arrival.drafts and not request.arrival.people:
        raise Invalid("There is nothing in this file that could be brought here", field="file")
    store.hold(tx, request.by.account_id, request.arrival, here.now)
    return Done(None)


def drop_import(tx: Tx, request: DropImport, here: Here) -> Done[None]:
    store.drop(tx, request.by.account_id)
    return Done(None)


def land_import(tx: Tx, request: LandImport, here: Here) -> Done[Landed]:
    """Write what was chosen, for its owner only. What is known already is brought up to date, unless its owner changed it
    since; what they removed comes back, for they brought it again. Raises Conflict when nothing waits."""
    arrival = request.arrival or store.held(tx, request.by.account_id, here.now)
    if arrival is None:
        raise Conflict("nothing waits", public="This preview has expired: upload the file again")
    chosen = [each for each in arrival.drafts if request.sections is None or each.section in request.sections]
    mine = {each.slug for each in profiles.of_actor(tx, request.by.actor_id) if each.import_key is None}
    fresh = [each for each in chosen if not _is_here(each, mine)]
    # The effects of writing entries are left behind on purpose, whatever that command may grow into.
    told = entries.write_entries(tx, WriteEntries(request.by, tuple(as_entry(each) for each in fresh)), here).value
    met = store.put_people(tx, request.by.account_id, arrival.people if request.people else ())
    for domain in arrival.hidden_domains:
        profiles.hide_from(tx, request.by.actor_id, "domain", domain, here.now)
    _bring_sets(tx, request.by, arrival, here)
    store.drop(tx, request.by.account_id)
    return Done(Landed(told.new, told.changed, told.left + len(chosen) - len(fresh), *met))


def _bring_sets(tx: Tx, by: Member, arrival: Arrival, here: Here) -> None:
    """Sets are names for parts, and open nothing by themselves. One of a name that is there stays as it is."""
    if not arrival.sets:
        return
    known = {ours.key_of(each): each.id for each in profiles.of_actor(tx, by.actor_id)}
    there = {each.name for each in grant_store.sets_of(tx, by.actor_id)}
    for name, parts in arrival.sets.items():
        held = {known[key]: frozenset(fields) for key, fields in parts.items() if key in known}
        if held and name not in there and len(there) < MAX_SETS:
            there.add(save_set(tx, SaveSet(by, name, held), here).value.name)


def _is_here(draft: Draft, mine: set[str]) -> bool:
    """Whether it is an entry that was written here and comes back to where it still is."""
    start, _, slug = draft.import_key.partition(":")
    return f"{start}:" == ours.SLUG_KEY and slug in mine


def forget_people(tx: Tx, request: ForgetPeople, here: Here) -> Done[int]:
    """Take one person, or everybody, out of the address book."""
    return Done(store.forget_people(tx, request.by.account_id, request.key))


def answer_questions(tx: Tx, request: AnswerQuestions, here: Here) -> Done[list[Entry]]:
    """Give entries the question they close with. Raises Invalid naming `question-{id}`, NotFound."""
    if len(request.answers) > MOST_TALKED_OF:
        raise Invalid("Three at most", field="line")
    effects: list[Effect] = []
    changed: list[Entry] = []
    for entry_id, question in request.answers.items():
        if len(question) > MAX_QUESTION:
            raise Invalid(f"At most {MAX_QUESTION} characters", field=f"question-{entry_id}")
        entry = profiles.by_id(tx, request.by.actor_id, entry_id)
        if entry is None:
            raise NotFound("no such entry of yours")
        draft = replace(entries.draft_of(entry), words=replace(entry.words, question=question.strip()))
        done = entries.revise_entry(tx, ReviseEntry(request.by, entry_id, draft), here)
        changed.append(done.value)
        effects += done.effects
    return Done(changed, tuple(effects))
