"""`fediprof deliveries`, `fediprof retry`: what is on its way to other servers, and how they have been answering."""

from __future__ import annotations

from dataclasses import asdict

import click

from fediprof.cli.run import as_json, settings_of, with_services
from fediprof.cli.table import table
from fediprof.delivery import report
from fediprof.delivery.commands import RetryDeliveries, retry_deliveries
from fediprof.errors import Invalid
from fediprof.services import Services


@click.command()
@click.argument("host", required=False)
@click.option("--json", "for_programs", is_flag=True, help="For programs.")
@click.pass_context
def deliveries(ctx: click.Context, host: str | None, for_programs: bool) -> None:
    """Every server delivered to; with HOST, what waits for that one."""

    async def work(services: Services) -> list[dict[str, object]]:
        if host is None:
            return [_of_host(line) for line in await services.read(report.of_host)]
        return [asdict(line) for line in await services.read(lambda tx: report.waiting_at(tx, host.lower()))]

    rows = with_services(settings_of(ctx), work)
    if for_programs:
        as_json(rows)
    else:
        nothing = f"Nothing waits for {host}." if host else "Nothing was sent yet."
        table(rows, right=("waiting", "failures", "attempts"), empty=nothing)


@click.command()
@click.argument("host", required=False)
@click.option("--dead", is_flag=True, help="Only servers that were given up on after 7 days of failures.")
@click.pass_context
def retry(ctx: click.Context, host: str | None, dead: bool) -> None:
    """Make due now what waits: for HOST, for those given up on, or for all."""
    if host is not None and ("/" in host or "@" in host):
        raise Invalid(f"{host} is not a host name", field="host")
    request = RetryDeliveries(host, dead)
    count = with_services(settings_of(ctx), lambda services: services.perform(retry_deliveries, request))
    click.echo(f"{count} server{'' if count == 1 else 's'} will be tried now." if count else "Nothing waits there.")


def _of_host(line: report.HostLine) -> dict[str, object]:
    state = "dead" if line.dead_at else "paused" if line.failures >= 3 else "failing" if line.failures else "well"
    return {
        "host": line.host,
        "state": state,
        "waiting": line.waiting,
        "failures": line.failures,
        "next_try": line.next_at if line.waiting and not line.dead_at else None,
        "last_success": line.last_success_at,
        "last_status": line.last_status,
        "last_error": line.last_error,
        "signature": line.scheme or "cavage",
    }
