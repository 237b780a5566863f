"""Who may import whom: downwards only. A failure says which line crosses which border, and why the border is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "fediprof"
LAYERS: tuple[tuple[str, frozenset[str]], ...] = (
    ("foundation", frozenset({"errors", "ids", "clock", "principal"})),
    ("pure: no I/O, no settings", frozenset({"as2", "signatures", "text", "i18n"})),
    ("observability: whoever has something to tell", frozenset({"observability"})),
    (
        "infrastructure: knows no aggregate",
        frozenset(
            [
                "settings",
                "here",
                "schema",
                "db",
                "net",
                "keystore",
                "jobs",
                "observability.health",
                "observability.queues",
            ]
        ),
    ),
    ("effects: values only", frozenset({"effects"})),
    (
        "aggregates",
        frozenset(
            [
                "accounts",
                "actors",
                "posts",
                "campaigns",
                "interactions",
                "follows",
                "groups",
                "introductions",
                "moderation",
                "conversations",
                "notifications",
                "timelines",
                "media",
                "oauth",
                "profiles",
                "portability",
                "refusals",
                "visitors",
            ]
        ),
    ),
    ("delivery: rows of actors and follows, no command of theirs", frozenset({"delivery"})),
    ("perform: the one place that opens a domain write transaction", frozenset({"perform"})),
    ("backups: all of it, as it stands", frozenset({"backups"})),
    ("federation", frozenset({"federation"})),
    ("wiring handed to the doors", frozenset({"services"})),
    ("doors", frozenset({"mastodon", "web", "cli"})),
    ("wiring", frozenset({"app", "worker", "__main__"})),
)
DOORS = frozenset({"mastodon", "web", "cli", "federation"})
SQL = frozenset(
    [
        "store",
        "grant_store",
        "ledger_store",
        "turn_store",
        "memberships",
        "views",
        "report",
        "hosts",
        "outbox",
        "inbox",
        "queue",
        "queues",
        "front",
        "log",
        "contests",
        "reports",
        "threads",
        "policies",
        "limits",
        "notes",
        "erasures",
        "figures",
    ]
)
"""Modules whose business is statements; the packages `db`, `schema` and the module `keystore` besides."""

ALLOWED: dict[tuple[str, str], str] = {
    ("cli.server", "app"): "the command that starts the application",
    ("cli.worker", "worker"): "the command that starts the workers",
    (
        "delivery.worker",
        "perform",
    ): "a Performer brings its loop the database, the keys and the bell; no command is run",
    ("actors.commands", "sqlalchemy"): "who here follows who moved: one question, asked nowhere else",
    ("moderation.domains", "sqlalchemy"): "whom a block cuts off: follows by server, asked and ended nowhere else",
    ("moderation.deciding", "sqlalchemy"): "a report changes hands: one column",
    ("moderation.subscriptions", "sqlalchemy"): "two tables of its own, beside the commands that write them",
    ("actors.departure", "sqlalchemy"): "forgetting an actor touches rows of nine tables in one go",
    ("posts.sending", "sqlalchemy"): "whoever got a post earlier: one question across tables, asked nowhere else",
    ("posts.receive", "sqlalchemy"): "who here follows an author: one question across tables, asked nowhere else",
    ("federation.signer", "sqlalchemy"): "what the inbox's door asks of four tables at every activity",
    ("delivery.commands", "sqlalchemy"): "one question of the hosts given up on",
    ("federation.instance", "sqlalchemy"): "counts for NodeInfo and whom a post was for: read-only, across tables",
    ("cli.machine", "sqlalchemy"): "doctor looks whether the database answers, whatever is in it",
    ("cli.restore", "sqlalchemy"): "a restore goes through every table there is",
    ("backups.rows", "sqlalchemy"): "a backup goes through every table there is",
}
"""(module, what it imports): why it may, against the rule."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if "migrations" not in name and name != "__init__":
            yield name, ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """(line, module inside or outside fediprof, whether only for types)."""
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.dump(branch.test)
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield node.lineno, each.name, id(node) in typing_only
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                yield node.lineno, f"{node.module}.{each.name}", id(node) in typing_only


def level(name: str) -> int:
    part, module = name.split(".")[0], ".".join(name.split(".")[:2])
    for wanted in (module, part):
        for index, (_, members) in enumerate(LAYERS):
            if wanted in members:
                return index
    pytest.fail(f"fediprof.{part} stands in no layer: give it one in tests/test_layers.py")


def crossings() -> Iterator[tuple[str, str, str]]:
    for name, tree in modules():
        here, mine = level(name), name.split(".")[0]
        for line, target, typing_only in imports(tree):
            if not target.startswith("fediprof.") or typing_only:
                continue
            target = target.removeprefix("fediprof.")
            theirs = target.split(".")[0]
            if theirs == "__version__" or theirs == mine:
                continue
            where = f"fediprof/{name.replace('.', '/')}.py:{line} imports {target}"
            if level(target) > here:
                yield name, target, f"{where}: {LAYERS[level(target)][0]} stands above {LAYERS[here][0]}"
            elif mine in DOORS and theirs in DOORS and level(target) == here:
                yield name, target, f"{where}: doors do not know each other"
            elif mine == "delivery" and target.split(".")[1:2] == ["commands"]:
                yield name, target, f"{where}: delivery calls no command"


def test_imports_go_downwards_and_doors_do_not_know_each_other() -> None:
    found = [why for name, target, why in crossings() if not _allowed(name, target)]
    assert not found, "\n" + "\n".join(found)


def _allowed(name: str, target: str) -> bool:
    return any(name == where and target.startswith(what) for where, what in ALLOWED)


def test_every_exception_is_still_needed() -> None:
    used = {(n, w) for n, t, _ in [*crossings(), *statements()] for m, w in ALLOWED if n == m and t.startswith(w)}
    assert set(ALLOWED) == {pair for pair in ALLOWED if pair in used}


def statements() -> Iterator[tuple[str, str, str]]:
    """Uses of SQLAlchemy's statements where no SQL should be."""
    for name, tree in modules():
        parts = name.split(".")
        if parts[0] in ("db", "schema", "keystore") or parts[-1] in SQL:
            continue
        for line, target, typing_only in imports(tree):
            if target.startswith("sqlalchemy.") and not typing_only:
                why = f"fediprof/{name.replace('.', '/')}.py:{line} has SQL ({target}): statements stand in store.py"
                yield name, target, why


def test_sql_stands_where_it_is_looked_for() -> None:
    found = [why for name, target, why in statements() if not _allowed(name, target)]
    assert not found, "\n" + "\n".join(found)


def test_the_pure_layer_does_nothing_but_compute() -> None:
    forbidden = ("asyncio", "socket", "httpx2", "sqlalchemy", "starlette", "os.environ", "subprocess", "aiosqlite")
    found = [
        f"fediprof/{name.replace('.', '/')}.py:{line} imports {target}: {LAYERS[1][0]}"
        for name, tree in modules()
        if level(name) <= 1
        for line, target, _ in imports(tree)
        if target.startswith(forbidden)
    ]
    assert not found, "\n" + "\n".join(found)
