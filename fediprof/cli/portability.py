"""`fediprof import` and `fediprof export`: a member's profile out of a file and into one, for archives too large for a page
and for scripts. An import lands for its owner alone and delivers nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

import click

from fediprof.accounts import store as accounts
from fediprof.actors.records import Actor
from fediprof.cli.member import acting
from fediprof.cli.progress import bar
from fediprof.cli.run import settings_of, with_services
from fediprof.db.database import Tx
from fediprof.errors import Invalid
from fediprof.here import Here
from fediprof.portability import faces, plan, reading
from fediprof.portability.archive import pack
from fediprof.portability.commands import Landed, LandImport, land_import
from fediprof.portability.jsonresume import FACES
from fediprof.portability.records import Arrival
from fediprof.principal import Member
from fediprof.profiles import store as profiles
from fediprof.profiles import views
from fediprof.profiles.disclosure import ANYBODY
from fediprof.services import Services


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--member", "username", metavar="NAME", help="Whose profile it is [default: the only member].")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--without-people", is_flag=True, help="Leave the address book alone.")
@click.pass_context
def import_(ctx: click.Context, file: Path, username: str | None, yes: bool, without_people: bool) -> None:
    """Bring a profile: LinkedIn's archive, a JSON Resume, or an archive of another fediprof. All of it lands for its owner
    alone; nothing is sent to anybody."""

    size = file.stat().st_size

    async def work(services: Services) -> Landed:
        by, actor = await acting(services, username)
        with bar("Reading", size) as step, file.open("rb") as opened:
            watched = cast("IO[bytes]", _Watched(opened, step))
            arrival = await asyncio.to_thread(reading.read, watched, await _language(services, by))
        if not arrival.drafts and not arrival.people:
            raise Invalid("There is nothing in this file that could be brought here")
        await _tell(services, by, actor, arrival)
        if not yes:
            click.confirm(f"Bring it to @{actor.handle}, for them alone?", abort=True)
        return await services.perform(land_import, LandImport(by, arrival, people=not without_people))

    landed = with_services(settings_of(ctx), work)
    click.echo(
        f"{landed.new} new, {landed.changed} brought up to date, {landed.left} left as they were;"
        f" {landed.new_people + landed.changed_people} in the address book. Nothing was sent."
    )


async def _language(services: Services, by: Member) -> str:
    """Of the few words that are ours."""
    account = await services.read(lambda tx: accounts.by_id(tx, by.account_id))
    return account.language if account else services.settings.language


async def _tell(services: Services, by: Member, actor: Actor, arrival: Arrival) -> None:
    """What it would do, a line for each section, before it is done."""
    mine = await services.read(lambda tx: profiles.of_actor(tx, by.actor_id))
    for section, lines in plan.by_section(plan.plan(arrival, mine)).items():
        states = [each.state for each in lines]
        told = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        click.echo(f"  {section:<14}{told}")
    if arrival.people:
        click.echo(f"  {'people':<14}{len(arrival.people)}, for the private address book")
    if arrival.hidden_domains:
        click.echo(f"  {'hidden from':<14}{', '.join(arrival.hidden_domains)}")
    for left in arrival.left_out:
        click.echo(f"  left out      {left.what}: {left.count} {left.why}")


class _Watched:
    """A file that tells how much of it was read."""

    def __init__(self, file: IO[bytes], step: Callable[[int], None]) -> None:
        self._file, self._step, self._furthest = file, step, 0
        self.seek, self.tell, self.close = file.seek, file.tell, file.close
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if (at := self._file.tell()) > self._furthest:
            self._step(at - self._furthest)
            self._furthest = at
        return data


@click.command()
@click.option("--member", "username", metavar="NAME", help="Whose [default: the only member].")
@click.option(
    "--resume",
    type=click.Choice([face for face in FACES if face != "granted"]),
    help="Only the profile, as JSON Resume: as everyone may read it, or everything.",
)
@click.option(
    "--to", "file", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; - is standard output."
)
@click.pass_context
def export(ctx: click.Context, username: str | None, resume: str | None, file: Path | None) -> None:
    """Take a member's everything along: profile, ledger, address book, posts and pictures in one zip."""

    async def work(services: Services) -> Path:
        by, actor = await acting(services, username)
        target = file or Path(
            f"{actor.username}.json" if resume else f"{actor.username}-{services.here().now:%Y-%m-%d}.zip"
        )
        if str(target) != "-" and target.exists():
            raise Invalid(f"{target} is there already")
        if resume:
            await _write(target, await services.read(lambda tx: _resume(tx, actor, resume, services.here())))
            return target
        if str(target) == "-":
            raise Invalid("An archive is written to a file: say which with --to")
        try:
            with bar("Writing") as step, target.open("xb") as opened:
                await pack(services.read, services.storage, actor, by.account_id, services.here(), opened, step)
        except BaseException:
            target.unlink(missing_ok=True)  # half an archive is none
            raise
        return target

    target = with_services(settings_of(ctx), work)
    if str(target) != "-":
        click.echo(target)


def _resume(tx: Tx, actor: Actor, face: str, here: Here) -> bytes:
    if face == "everything":
        return faces.everything(tx, actor, here)
    return faces.resume(actor, views.of_owner(tx, actor.id, ANYBODY, here.now), here)


async def _write(target: Path, data: bytes) -> None:
    if str(target) == "-":
        sys.stdout.buffer.write(data + b"\n")
    else:
        await asyncio.to_thread(target.write_bytes, data)
