"""`fediprof`: the table of commands, and what becomes of errors. A command's module is imported when it is called, so
that a second start, and `--help`, are quick.

Exit codes: 0 done, 1 the thing itself went wrong (a check of `doctor`, a server that does not answer), 2 bad input.
"""

from __future__ import annotations

import importlib
import keyword
import os
import re
from pathlib import Path
from typing import Any

import click

from fediprof import __version__
from fediprof.errors import FediprofError, Misconfigured, TryLater, Unreachable

COMMANDS = {
    "up": ("up", "Your own instance, made where there is none, and started."),
    "init": ("init", "Write the settings file; make database, keys and the first member."),
    "serve": ("serve", "Answer requests, for a service manager."),
    "worker": ("worker", "Background work only: the inbox, deliveries, jobs."),
    "member": ("member", "Who has an account here."),
    "post": ("post", "Publish a post."),
    "entry": ("entry", "The entries of a member's profile."),
    "group": ("group", "Groups of this server; threads in groups here and elsewhere."),
    "follow": ("follow", "Follow somebody."),
    "fetch": ("fetch", "Read a document of the fediverse as this server reads it."),
    "deliveries": ("deliveries", "What is on its way, and to which servers."),
    "retry": ("deliveries", "Try again now what waits for other servers."),
    "keys": ("keys", "The keys of this server's actors."),
    "doctor": ("doctor", "Look for what keeps this server from federating; say what to mend."),
    "import": ("portability", "Bring a member's profile: LinkedIn's archive, a JSON Resume, another fediprof's."),
    "export": ("portability", "Write a member's everything, or their résumé, into a file."),
    "backup": ("backup", "Write everything that cannot be made again into one file."),
    "restore": ("restore", "Put a backup into an empty instance."),
    "demo": ("demo", "Three instances on this machine that talk to each other."),
}
"""{command: (module of this package, one line for `--help`)}. The function bears the command's name, with `_` after one
that is a word of Python's."""


class Commands(click.Group):
    """Knows its commands by the table; turns what is raised into a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"fediprof.cli.{COMMANDS[name][0]}")
        found: click.Command = getattr(module, f"{name}_" if keyword.iskeyword(name) else name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FediprofError as error:
            kind = Failed if isinstance(error, Unreachable | TryLater) else Said
            raise kind(sentence(error)) from error
        except BrokenPipeError:
            raise  # whoever read us has seen enough; click ends quietly
        except OSError as error:
            raise Said(_of_the_system(error)) from error
        except Exception as error:
            if (words := _of_the_database(error)) is None:
                raise
            raise Said(words) from error


class Said(click.ClickException):
    """Bad input, as one sentence on stderr."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        # Part of it may be another server's words, which must not move the cursor or colour the screen.
        told = "".join(character for character in self.message if character.isprintable() or character == "\n")
        click.echo(f"fediprof: {told}", err=True)


class Failed(Said):
    """The input was good; something else was not."""

    exit_code = 1


def sentence(error: FediprofError) -> str:
    """What an operator reads: more than visitors do, who get `public` only."""
    if error.public != type(error).sentence and not isinstance(error, Misconfigured):
        field = getattr(error, "field", "")
        return f"{field}: {error.public}" if field else error.public
    return str(error)


def _of_the_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _of_the_database(error: Exception) -> str | None:
    """A database that cannot be used; without the statement and its parameters."""
    kind = type(error).__module__.partition(".")[0]
    if kind not in ("sqlite3", "sqlalchemy", "asyncpg"):
        return None
    first = re.sub(r"^\(.*?\) ", "", str(error).splitlines()[0] if str(error) else type(error).__name__)
    first = re.sub(r"^<class '.*?'>: ", "", first)
    return f"database: {first}"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The settings file [default: fediprof.toml, or $FEDIPROF_CONFIG].",
)
@click.version_option(__version__, prog_name="fediprof")
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Your professional life in the fediverse, on a server of your own."""
    os.umask(0o077)  # what a command writes, private messages among it, is its owner's alone
    ctx.obj = config


def main() -> None:
    cli.main(prog_name="fediprof")
