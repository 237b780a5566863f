"""All SQL on client apps, codes and tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from fediprof.accounts.records import Account
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.oauth.records import Allowed, App, Code, Grant, Token
from fediprof.schema.accounts import account
from fediprof.schema.oauth import oauth_app, oauth_code, oauth_token

_SPLIT = len(oauth_token.c)
_BY_TOKEN = Prepared(
    select(oauth_token, account)
    .outerjoin(account, account.c.id == oauth_token.c.account_id)
    .where(oauth_token.c.token_hash == bindparam("hash"))
)


def app_by_id(tx: Tx, app_id: int) -> App | None:
    row = tx.execute(select(oauth_app).where(oauth_app.c.id == app_id)).first()
    return None if row is None else App(*row)


def app_by_client_id(tx: Tx, client_id: str) -> App | None:
    row = tx.execute(select(oauth_app).where(oauth_app.c.client_id == client_id)).first()
    return None if row is None else App(*row)


def insert_app(tx: Tx, new: App) -> None:
    tx.execute(insert(oauth_app), {name: getattr(new, name) for name in oauth_app.c.keys()})


def prune_apps(tx: Tx, before: datetime) -> None:
    """Forget apps registered before then that hold no token: each try to log in registers one."""
    used = select(oauth_token.c.app_id)
    tx.execute(delete(oauth_app).where(oauth_app.c.created_at < before, oauth_app.c.id.not_in(used)))


# --- codes


def insert_code(tx: Tx, new: Code) -> None:
    tx.execute(insert(oauth_code), {name: getattr(new, name) for name in oauth_code.c.keys()})


def code(tx: Tx, code_hash: str) -> Code | None:
    row = tx.execute(select(oauth_code).where(oauth_code.c.code_hash == code_hash)).first()
    return None if row is None else Code(*row)


def spend_code(tx: Tx, code_hash: str, now: datetime) -> bool:
    """True for the one who spends it; of two at the same moment only one does."""
    spent = update(oauth_code).where(oauth_code.c.code_hash == code_hash, oauth_code.c.used_at.is_(None))
    return tx.execute(spent.values(used_at=now)).rowcount == 1


def prune_codes(tx: Tx, before: datetime) -> None:
    tx.execute(delete(oauth_code).where(oauth_code.c.expires_at < before))


# --- tokens


def insert_token(tx: Tx, new: Token) -> None:
    tx.execute(insert(oauth_token), {name: getattr(new, name) for name in oauth_token.c.keys()})


def grant(tx: Tx, token_hash: str) -> Grant | None:
    """What a request's token opens, in one statement."""
    row = _BY_TOKEN.first(tx, {"hash": token_hash})
    if row is None:
        return None
    return Grant(Token(*row[:_SPLIT]), Account(*row[_SPLIT:]) if row[_SPLIT] is not None else None)


def remove_token(tx: Tx, token_id: int) -> None:
    tx.execute(delete(oauth_token).where(oauth_token.c.id == token_id))


def remove_bought_with(tx: Tx, code_hash: str) -> None:
    tx.execute(delete(oauth_token).where(oauth_token.c.code_hash == code_hash))


def touch(tx: Tx, token_id: int, now: datetime) -> None:
    tx.execute(update(oauth_token).where(oauth_token.c.id == token_id).values(used_at=now))


def allowed(tx: Tx, account_id: int) -> list[Allowed]:
    """The apps a member let in, the last one first."""
    rows = tx.execute(
        select(oauth_token, oauth_app)
        .join(oauth_app, oauth_app.c.id == oauth_token.c.app_id)
        .where(oauth_token.c.account_id == account_id)
        .order_by(oauth_token.c.id.desc())
    )
    held: dict[int, tuple[App, list[Token]]] = {}
    for row in rows:
        token = Token(*row[:_SPLIT])
        held.setdefault(token.app_id, (App(*row[_SPLIT:]), []))[1].append(token)
    return [
        Allowed(
            app,
            tuple(dict.fromkeys(word for token in tokens for word in token.scopes)),
            min(token.created_at for token in tokens),
            max((token.used_at for token in tokens if token.used_at is not None), default=None),
        )
        for app, tokens in held.values()
    ]


def withdraw(tx: Tx, account_id: int, app_id: int) -> None:
    """End every token an app has of a member, and the codes it could still buy one with."""
    for table in (oauth_token, oauth_code):
        tx.execute(delete(table).where(table.c.account_id == account_id, table.c.app_id == app_id))
