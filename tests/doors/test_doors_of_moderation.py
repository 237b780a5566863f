"""Every command of moderation and of groups, and the doors it is behind. A command without a door cannot be done; one that grew a
door nobody named here is looked at again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "fediprof"
DOORS = {"web": "page", "mastodon": "app", "cli": "line", "federation": "inbox", "worker.py": "worker"}
"""Where under the package → the door."""

FOLDERS = ("groups", "moderation")
COMMANDS = {
    "groups.admitting.let_in_due": "inbox",
    "groups.contesting.contest": "page",
    "groups.contesting.answer_contest": "page",
    "groups.departure.receive_departure": "inbox",
    "groups.departure.move_away": "page",
    "groups.departure.receive_move": "inbox",
    "groups.finding.learn_group": "inbox",
    "groups.finding.find_group": "page",
    "groups.finding.ask_for_group": "page",
    "groups.finding.ask_for_thread": "page",
    "groups.founding.found_group": "line page",
    "groups.founding.revise_group": "page",
    "groups.founding.close_group": "line page",
    "groups.intake.receive_post": "inbox",
    "groups.intake.receive_revision": "inbox",
    "groups.intake.receive_deletion": "inbox",
    "groups.measures.clear_rest": "inbox",
    "groups.membership.join": "app line page",
    "groups.membership.receive_answer": "inbox",
    "groups.membership.receive_join": "inbox",
    "groups.membership.admit": "page",
    "groups.membership.turn_away": "page",
    "groups.membership.show_myself": "page",
    "groups.moderating.approve_held": "page",
    "groups.moderating.refuse_held": "page",
    "groups.moderating.remove_post": "page",
    "groups.moderating.restore_post": "page",
    "groups.moderating.lock_thread": "page",
    "groups.moderating.unlock_thread": "page",
    "groups.moderating.lock_answer": "page",
    "groups.moderating.unlock_answer": "page",
    "groups.moderating.pin_thread": "page",
    "groups.moderating.unpin_thread": "page",
    "groups.moderating.ban_person": "page",
    "groups.moderating.unban_person": "page",
    "groups.moderating.warn": "page",
    "groups.moderators.appoint": "page",
    "groups.moderators.dismiss": "page",
    "groups.moderators.resign": "page",
    "groups.posting.begin_thread": "line page",
    "groups.posting.publish": "app line page",
    "groups.posting.revise": "app page",
    "groups.posting.withdraw": "app page",
    "groups.receive.receive_post": "inbox",
    "groups.receive.receive_echo": "inbox",
    "groups.receive.receive_boost": "inbox",
    "groups.receive.receive_vote": "inbox",
    "groups.remote_acts.receive_removal": "inbox",
    "groups.remote_acts.receive_lock": "inbox",
    "groups.remote_acts.receive_pin": "inbox",
    "groups.remote_acts.receive_ban": "inbox",
    "groups.remote_acts.receive_server_ban": "inbox",
    "groups.remote_acts.receive_appointment": "inbox",
    "groups.remote_acts.receive_charter": "inbox",
    "groups.reporting.report": "page",
    "groups.reporting.receive_report": "inbox",
    "groups.reporting.decide_report": "page",
    "groups.returns.receive_return": "inbox",
    "groups.returns.forget_deletion": "inbox",
    "groups.verdicts.receive_removal": "inbox",
    "groups.verdicts.receive_lock": "inbox",
    "groups.verdicts.receive_listed": "inbox",
    "groups.verdicts.receive_ban": "inbox",
    "groups.verdicts.receive_refusal": "inbox",
    "groups.voting.like": "app page",
    "groups.voting.unlike": "app page",
    "groups.voting.dislike": "page",
    "groups.voting.undislike": "page",
    "groups.voting.receive_vote": "inbox",
    "groups.voting.receive_vote_undo": "inbox",
    "moderation.commands.block_actor": "page",
    "moderation.commands.unblock_actor": "page",
    "moderation.commands.receive_block": "inbox",
    "moderation.commands.receive_unblock": "inbox",
    "moderation.commands.report_actor": "",
    "moderation.commands.receive_flag": "",
    "moderation.deciding.decide_server_report": "page",
    "moderation.domains.decide_domains": "page",
    "moderation.domains.block_domain": "",
    "moderation.sanctions.sanction_actor": "page",
    "moderation.sanctions.warn_actor": "",
    "moderation.sanctions.lift_sanction": "page",
    "moderation.sanctions.end_sanctions": "worker",
    "moderation.sanctions.contest_sanction": "page",
    "moderation.sanctions.answer_server_contest": "page",
    "moderation.subscriptions.subscribe": "page",
    "moderation.subscriptions.bring_file": "page",
    "moderation.subscriptions.take_drafts": "page",
    "moderation.subscriptions.unsubscribe": "page",
    "moderation.subscriptions.read_now": "page",
    "moderation.subscriptions.put_aside": "page",
    "moderation.subscriptions.list_read": "inbox",
}
"""Command → the doors it is to be behind."""

INSIDE = {
    "moderation.commands.report_actor": "groups/reporting.py",
    "moderation.commands.receive_flag": "groups/reporting.py",
    "moderation.sanctions.warn_actor": "moderation/deciding.py",
    "moderation.domains.block_domain": "moderation/domains.py",
}
"""Those that are a part of another command → where that is; the last is `decide_domains` in a word."""


def commands() -> Iterator[str]:
    """`folder.module.name` of every public `command(tx, request, here)`."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    named = [each.arg for each in node.args.args]
                    if named == ["tx", "request", "here"]:
                        yield f"{folder}.{path.stem}.{node.name}"


def used(path: Path) -> set[str]:
    """What a module names of others: `folder.module.name`."""
    tree = ast.parse(path.read_text())
    modules: dict[str, str] = {}
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("fediprof"):
            within = node.module.removeprefix("fediprof").lstrip(".")
            for each in node.names:
                modules[each.asname or each.name] = f"{within}.{each.name}"
                names[each.asname or each.name] = f"{within}.{each.name}"
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            found.add(f"{modules[node.value.id]}.{node.attr}")
        elif isinstance(node, ast.Name) and node.id in names:
            found.add(names[node.id])
    return found


def doors() -> dict[str, set[str]]:
    known = dict.fromkeys(commands(), frozenset[str]())
    for place, door in DOORS.items():
        paths = [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py"))
        for path in paths:
            for name in used(path) & known.keys():
                known[name] |= {door}
    return {name: set(found) for name, found in known.items()}


def test_every_command_has_its_row() -> None:
    assert sorted(commands()) == sorted(COMMANDS)


def test_every_command_is_behind_the_doors_it_should_have() -> None:
    found = doors()
    missing = {name: set(wanted.split()) - found[name] for name, wanted in COMMANDS.items()}
    assert {name: each for name, each in missing.items() if each} == {}
    shut = {name for name, each in found.items() if not each}
    assert shut == INSIDE.keys()
    for name, where in INSIDE.items():
        assert f"{name.rpartition('.')[2]}(" in (ROOT / where).read_text()
