"""What people do with their accounts: come, log in, change a password, leave."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from fediprof import ids
from fediprof.accounts import passwords, sessions, store
from fediprof.accounts.records import Account
from fediprof.accounts.sessions import LoggedIn
from fediprof.actors import store as actors
from fediprof.actors.commands import create_local
from fediprof.as2 import build
from fediprof.as2.names import PUBLIC
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Enqueue, Resolver
from fediprof.errors import Invalid, NotFound, NotVerified
from fediprof.groups.departure import leave_groups
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.introductions import store as introductions
from fediprof.keystore import KeyStore, SealedKey
from fediprof.moderation import erasures, limits
from fediprof.posts.records import VISIBILITIES
from fediprof.principal import Member
from fediprof.profiles import store as profiles

LINK_LIVES = timedelta(hours=1)
_hashing = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """Build with `prepared`: keys and password hash are made before the transaction."""

    username: str
    language: str
    keys: tuple[SealedKey, ...]
    name: str = ""
    password_hash: str | None = None
    admin: bool = False

    @classmethod
    async def prepared(
        cls,
        keystore: KeyStore,
        here: Here,
        *,
        username: str,
        language: str,
        name: str = "",
        password: str | None = None,
        admin: bool = False,
    ) -> CreateAccount:
        keys = await asyncio.to_thread(keystore.make, here.actor(username))
        kept = await asyncio.to_thread(passwords.hashed, password) if password else None
        return cls(username, language, keys, name, kept, admin)


@dataclass(frozen=True, slots=True)
class LogIn:
    """Made by `accounts.login`, which checked the password. `account_id`: None when it was wrong. `throttles`: the
    doors that count failures."""

    account_id: int | None
    throttles: tuple[str, ...]
    agent: str = ""


@dataclass(frozen=True, slots=True)
class IssueLink:
    username: str


@dataclass(frozen=True, slots=True)
class RedeemLink:
    secret: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class LogOut:
    by: Member
    session_id: int


@dataclass(frozen=True, slots=True)
class CloseOtherSessions:
    by: Member
    keep: int


@dataclass(frozen=True, slots=True)
class SetPassword:
    """`current` is asked for where there is one."""

    by: Member
    current: str | None
    new: str
    new_hash: str = ""

    async def gathered(self, resolver: Resolver) -> SetPassword:
        async with _hashing:
            return replace(self, new_hash=await asyncio.to_thread(passwords.hashed, self.new))


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """By whoever runs the server, for a member who has lost it: the present one is not asked for."""

    username: str
    new: str
    new_hash: str = ""

    async def gathered(self, resolver: Resolver) -> ResetPassword:
        async with _hashing:
            return replace(self, new_hash=await asyncio.to_thread(passwords.hashed, self.new))


@dataclass(frozen=True, slots=True)
class SetPreferences:
    by: Member
    language: str
    default_visibility: str


@dataclass(frozen=True, slots=True)
class SeeNotifications:
    by: Member
    up_to_id: int


@dataclass(frozen=True, slots=True)
class DeleteAccount:
    by: Member


@dataclass(frozen=True, slots=True)
class CreateServerActor:
    keys: tuple[SealedKey, ...]


def create_server_actor(tx: Tx, request: CreateServerActor, here: Here) -> Done[None]:
    """The Application that signs our fetches (FEP-2677). Made once."""
    if actors.local_by_username(tx, INSTANCE_ACTOR) is None:
        create_local(tx, INSTANCE_ACTOR, request.keys, here, type="Application", name=here.domain)
    return Done(None)


@dataclass(frozen=True, slots=True)
class ShutOut:
    """They proved who they are, and are suspended: by this decision of the log. No session is opened for them."""

    account: Account
    event_id: int


def create_account(tx: Tx, request: CreateAccount, here: Here) -> Done[Account]:
    """Raises Invalid (field username, password, language) and Conflict for a name taken."""
    if request.language not in ("fr", "en"):
        raise Invalid("French or English", field="language")
    actor = create_local(tx, request.username, request.keys, here, name=request.name)
    account = Account(
        id=ids.new_id(),
        actor_id=actor.id,
        password_hash=request.password_hash,
        language=request.language,
        admin=request.admin,
        default_visibility="public",
        notifications_seen_id=0,
        created_at=here.now,
    )
    store.insert_account(tx, account)
    return Done(account)


def log_in(tx: Tx, request: LogIn, here: Here) -> Done[LoggedIn | ShutOut | None]:
    """Open a session for a password found right; count the failure, and return None, for one found wrong. Who is suspended gets
    no session."""
    for key in request.throttles:
        if request.account_id is None:
            store.failed(tx, key, here.now)
        else:
            store.succeeded(tx, key)
    if request.account_id is None:
        return Done(None)
    return Done(_opened(tx, _account(tx, request.account_id), request.agent, here))


def issue_login_link(tx: Tx, request: IssueLink, here: Here) -> Done[str]:
    """A secret that opens one session within the hour: for the first login, and for who forgot a password."""
    found = store.by_username(tx, request.username)
    if found is None:
        raise NotFound("no such member", public=f"There is no member named {request.username}")
    secret = ids.secret()
    store.insert_link(tx, ids.fingerprint(secret), found[0].id, here.now + LINK_LIVES)
    return Done(secret)


def redeem_login_link(tx: Tx, request: RedeemLink, here: Here) -> Done[LoggedIn | ShutOut]:
    account_id = store.spend_link(tx, ids.fingerprint(request.secret), here.now)
    if account_id is None:
        raise NotVerified("login link", public="This link was used already, or is too old")
    return Done(_opened(tx, _account(tx, account_id), request.agent, here))


def log_out(tx: Tx, request: LogOut, here: Here) -> Done[None]:
    store.close_sessions(tx, request.by.account_id, only=request.session_id)
    return Done(None)


def close_other_sessions(tx: Tx, request: CloseOtherSessions, here: Here) -> Done[None]:
    store.close_sessions(tx, request.by.account_id, but=request.keep)
    return Done(None)


def set_password(tx: Tx, request: SetPassword, here: Here) -> Done[None]:
    """Raises Invalid(field current) when the present password is not the one given."""
    account = _account(tx, request.by.account_id)
    kept = account.password_hash
    if kept is not None and (request.current is None or not passwords.matches(request.current, kept)):
        raise Invalid("This is not your present password", field="current")
    store.change(tx, account.id, {"password_hash": request.new_hash})
    return Done(None)


def reset_password(tx: Tx, request: ResetPassword, here: Here) -> Done[None]:
    """Every session ends: whoever had the old password is out. Raises NotFound."""
    found = store.by_username(tx, request.username)
    if found is None:
        raise NotFound("no such member", public=f"There is no member named {request.username}")
    store.change(tx, found[0].id, {"password_hash": request.new_hash})
    store.close_sessions(tx, found[0].id)
    return Done(None)


def set_preferences(tx: Tx, request: SetPreferences, here: Here) -> Done[None]:
    if request.language not in ("fr", "en"):
        raise Invalid("French or English", field="language")
    if request.default_visibility not in VISIBILITIES:
        raise Invalid("Choose who may read this", field="default_visibility")
    values = {"language": request.language, "default_visibility": request.default_visibility}
    store.change(tx, request.by.account_id, values)
    return Done(None)


def see_notifications(tx: Tx, request: SeeNotifications, here: Here) -> Done[None]:
    """Remember the last notification looked at; it never goes back."""
    account = _account(tx, request.by.account_id)
    if request.up_to_id > account.notifications_seen_id:
        store.change(tx, account.id, {"notifications_seen_id": request.up_to_id})
    return Done(None)


def delete_own_account(tx: Tx, request: DeleteAccount, here: Here) -> Done[str]:
    """Erase a member: followers' servers and everyone written to are told, the address answers 410 from now on. The value
    opens the report of who was told, for whoever holds it."""
    actor = actors.by_id(tx, request.by.actor_id)
    if actor is None or actor.gone_at is not None:
        raise NotFound("no such member")
    inboxes = tuple(actors.inboxes_ever_delivered_to(tx, actor.id))
    activity = build.activity("Delete", f"{actor.iri}#delete", actor.iri, actor.iri, to=(PUBLIC,), published=here.now)
    told = Deliver(actor.id, activity, Audience(actor.id, inboxes=inboxes), actor.iri)
    of_groups = leave_groups(tx, actor, activity, here)
    actors.change(tx, actor.id, {"gone_at": here.now})
    introductions.forget(tx, actor.id)
    profiles.forget(tx, actor.id)  # at once: what was for few does not wait for a job
    store.delete_account(tx, request.by.account_id)
    limits.drop(tx, actor.id)  # who is gone is not suspended: their address says that they are gone
    secret = erasures.keep(tx, actor.username, str(activity["id"]), here.now)
    return Done(secret, (told, *of_groups, Enqueue("erase", actor.iri, {"actor": str(actor.id)})))


def _opened(tx: Tx, account: Account, agent: str, here: Here) -> LoggedIn | ShutOut:
    held = limits.of(tx, account.actor_id)
    if held is not None and held.kind == "suspend":
        return ShutOut(account, held.event_id or 0)
    return sessions.open_session(tx, account, agent, here.now)


def _account(tx: Tx, account_id: int) -> Account:
    found = store.by_id(tx, account_id)
    if found is None:
        raise NotFound("no such account")
    return found
