"""Lists of servers that other people keep, read once a day. What a list says is a draft; it holds once somebody applies it, or
on its own where that was allowed and cuts few follows. What was decided by hand is never changed by a list; of two lists, the
one with the smaller number decides. What a list no longer names is taken back, if it came from that list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.db.changes import change_row, insert_record
from fediprof.db.database import Tx
from fediprof.effects import Done, Enqueue
from fediprof.errors import Conflict, Invalid, NotFound
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.moderation import domains, policies
from fediprof.moderation.domains import Cut, Line
from fediprof.principal import Member, must_run_server
from fediprof.schema.moderation import policy_line, policy_list

READ_EVERY = timedelta(days=1)
IMPORT = "import"
"""In the place of an address: a file that somebody brought, to be looked through."""


@dataclass(frozen=True, slots=True)
class PolicyList:
    """Column order of `schema.moderation.policy_list`."""

    id: int
    url: str
    priority: int
    automatic_below: int | None
    etag: str | None
    modified: str | None
    read_at: datetime | None
    asked_at: datetime | None
    error: str | None
    created_at: datetime

    @property
    def brought(self) -> bool:
        """Whether it is a file, and no list that is read again."""
        return self.url == IMPORT


@dataclass(frozen=True, slots=True)
class Draft:
    """A line of a list that does not hold here yet. `line.severity` None: the list named it no more."""

    list_id: int
    line: Line
    put_aside: bool = False


@dataclass(frozen=True, slots=True)
class Subscribe:
    by: Member
    url: str
    priority: int = 10
    automatic_below: int | None = None


@dataclass(frozen=True, slots=True)
class BringFile:
    """`lines`: as read from it."""

    by: Member
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class TakeDrafts:
    """Apply lines of a list: those named, or with `everything` all of them."""

    by: Member
    list_id: int
    domains: tuple[str, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    by: Member
    list_id: int


@dataclass(frozen=True, slots=True)
class ReadNow:
    by: Member
    list_id: int


@dataclass(frozen=True, slots=True)
class PutAside:
    """Not wanted here: not proposed again, until `again`."""

    by: Member
    list_id: int
    domains: tuple[str, ...]
    again: bool = False


@dataclass(frozen=True, slots=True)
class ListRead:
    """By the job: what a list said. `lines` None: as before (304). `error`: why it could not be read; then all stays."""

    list_id: int
    lines: tuple[Line, ...] | None
    etag: str | None = None
    modified: str | None = None
    error: str | None = None


def subscribe(tx: Tx, request: Subscribe, here: Here) -> Done[PolicyList]:
    """Raises Invalid (field url, priority, automatic_below), Conflict."""
    must_run_server(request.by)
    url = request.url.strip()
    if not url.startswith(("https://", "http://") if here.origin.startswith("http://") else "https://"):
        raise Invalid("The address of a list begins with https://", field="url")
    if len(url) > 2000 or any(each.isspace() for each in url):
        raise Invalid("This is not an address", field="url")
    if not 1 <= request.priority <= 1000:
        raise Invalid("Between 1 and 1000", field="priority")
    if request.automatic_below is not None and not 0 <= request.automatic_below <= 100_000:
        raise Invalid("Between 0 and 100000", field="automatic_below")
    if tx.execute(select(policy_list.c.id).where(policy_list.c.url == url)).first() is not None:
        raise Conflict("read already", public="This list is read already")
    made = PolicyList(
        ids.new_id(), url, request.priority, request.automatic_below, None, None, None, None, None, here.now
    )
    insert_record(tx, policy_list, made)
    return Done(made, (_asked(made.id),))


def bring_file(tx: Tx, request: BringFile, here: Here) -> Done[PolicyList]:
    """In the place of the file brought before."""
    must_run_server(request.by)
    tx.execute(delete(policy_list).where(policy_list.c.url == IMPORT))
    made = PolicyList(ids.new_id(), IMPORT, 0, None, None, None, here.now, here.now, None, here.now)
    insert_record(tx, policy_list, made)
    _keep(tx, made.id, request.lines)
    return Done(made)


def take_drafts(tx: Tx, request: TakeDrafts, here: Here) -> Done[Cut]:
    """The value: follows that ended. A file's lines count as decided by hand."""
    must_run_server(request.by)
    found = by_id(tx, request.list_id)
    if found is None:
        raise NotFound("no such list")
    lines = [each.line for each in chosen(drafts(tx, found.id), request.domains, everything=request.everything)]
    origin = None if found.brought else found.id
    return domains.decide_domains(tx, domains.DecideDomains(request.by, tuple(lines), origin), here)


def chosen(found: Iterable[Draft], names: Iterable[str], *, everything: bool) -> list[Draft]:
    wanted = set(names)
    return [each for each in found if everything or each.line.domain in wanted]


def unsubscribe(tx: Tx, request: Unsubscribe, here: Here) -> Done[None]:
    """What it brought stays, as decided by hand."""
    must_run_server(request.by)
    policies.orphaned(tx, request.list_id)
    if not tx.execute(delete(policy_list).where(policy_list.c.id == request.list_id)).rowcount:
        raise NotFound("no such list")
    return Done(None)


def read_now(tx: Tx, request: ReadNow, here: Here) -> Done[None]:
    must_run_server(request.by)
    if by_id(tx, request.list_id) is None:
        raise NotFound("no such list")
    return Done(None, (_asked(request.list_id),))


def put_aside(tx: Tx, request: PutAside, here: Here) -> Done[None]:
    must_run_server(request.by)
    chosen = policy_line.c.list_id == request.list_id, policy_line.c.domain.in_(request.domains)
    tx.execute(update(policy_line).where(*chosen).values(put_aside=not request.again))
    return Done(None)


def list_read(tx: Tx, request: ListRead, here: Here) -> Done[Cut]:
    """Keep what a list says; apply it where that was allowed. The value: follows that ended."""
    found = by_id(tx, request.list_id)
    if found is None:
        return Done(Cut())
    if request.error is not None:
        change_row(tx, policy_list, found.id, {"asked_at": here.now, "error": request.error[:300]})
        return Done(Cut())
    change_row(tx, policy_list, found.id, {"asked_at": here.now, "read_at": here.now, "error": None})
    if request.lines is not None:
        change_row(tx, policy_list, found.id, {"etag": request.etag, "modified": request.modified})
        _keep(tx, found.id, request.lines)
    server = actors.local_by_username(tx, INSTANCE_ACTOR)
    waiting = [each.line for each in drafts(tx, found.id)]
    if found.automatic_below is None or not waiting or server is None:
        return Done(Cut())
    cut = sum(domains.cuts(tx, {line.domain: line.severity for line in waiting}).values(), Cut())
    if cut.all > 0 and cut.all >= found.automatic_below:
        return Done(Cut())
    return domains.apply_list(tx, waiting, server.iri, found.id, here)


def drafts(tx: Tx, list_id: int, *, aside: bool = False) -> list[Draft]:
    """What a list says and does not hold here: lines to take, and lines to take back. Never what was decided by hand, nor
    what a list of more weight decided."""
    held, lists = policies.all_policies(tx), {each.id: each for each in everything(tx)}
    mine = lists.get(list_id)
    if mine is None:
        return []
    found = []
    said = _lines(tx, list_id)
    weightier = {
        name
        for each in lists.values()
        if _weight(each) < _weight(mine) and not each.brought and not mine.brought
        for name in _lines(tx, each.id)
    }
    for domain, (line, out) in said.items():
        known = held.get(domain)
        if out is not aside or domain in weightier:
            continue
        open_to_lists = mine.brought or (known is not None and known.list_id is not None)
        if known is None or (open_to_lists and _differs(known, line)):
            found.append(Draft(list_id, line, out))
    if not aside and not mine.brought:
        gone = [each for each in held.values() if each.list_id == list_id and each.domain not in said]
        found += [Draft(list_id, Line(each.domain, None)) for each in gone]
    return found


def everything(tx: Tx) -> list[PolicyList]:
    """The lists, the weightiest first."""
    query = select(policy_list).order_by(policy_list.c.priority, policy_list.c.id)
    return [PolicyList(*row) for row in tx.execute(query)]


def by_id(tx: Tx, list_id: int) -> PolicyList | None:
    row = tx.execute(select(policy_list).where(policy_list.c.id == list_id)).first()
    return None if row is None else PolicyList(*row)


def due(tx: Tx, now: datetime) -> list[int]:
    """Lists not asked for within a day."""
    old = or_(policy_list.c.asked_at.is_(None), policy_list.c.asked_at <= now - READ_EVERY)
    return list(tx.execute(select(policy_list.c.id).where(old, policy_list.c.url != IMPORT)).scalars())


def _asked(list_id: int) -> Enqueue:
    return Enqueue("policy_list", str(list_id), {"list": str(list_id)})


def _weight(each: PolicyList) -> tuple[int, int]:
    return each.priority, each.id


def _differs(known: policies.Policy, line: Line) -> bool:
    names = ("severity", "reject_media", "reject_reports", "obfuscate", "public_comment")
    return any(getattr(known, name) != getattr(line, name) for name in names)


def _lines(tx: Tx, list_id: int) -> dict[str, tuple[Line, bool]]:
    """{domain: (what the list says, put aside)}"""
    columns = [policy_line.c[name] for name in ("domain", "severity", "reject_media", "reject_reports", "obfuscate")]
    query = select(*columns, policy_line.c.public_comment, policy_line.c.put_aside)
    rows = tx.execute(query.where(policy_line.c.list_id == list_id).order_by(policy_line.c.domain))
    return {row[0]: (Line(*row[:5], public_comment=row[5], whole=False), row[6]) for row in rows}


def _keep(tx: Tx, list_id: int, lines: Iterable[Line]) -> None:
    """In the place of what it said before; what was put aside stays aside."""
    aside = {domain for domain, (_, out) in _lines(tx, list_id).items() if out}
    tx.execute(delete(policy_line).where(policy_line.c.list_id == list_id))
    rows = [
        {
            "list_id": list_id,
            "domain": line.domain,
            "severity": line.severity,
            "reject_media": line.reject_media,
            "reject_reports": line.reject_reports,
            "obfuscate": line.obfuscate,
            "public_comment": line.public_comment,
            "put_aside": line.domain in aside,
        }
        for line in lines
    ]
    if rows:
        tx.execute(insert(policy_line), rows)
