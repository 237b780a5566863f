"""Rows on a terminal: a table as wide as the window, or tab-separated lines where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime

import click


def table(rows: Sequence[Mapping[str, object]], *, right: Sequence[str] = (), empty: str = "There is none.") -> None:
    """`right`: the columns of numbers."""
    if not rows:
        click.echo(empty, err=not sys.stdout.isatty())
        return
    if not sys.stdout.isatty():
        click.echo("\t".join(rows[0]))
        for row in rows:
            click.echo("\t".join(_cell(value) for value in row.values()))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        shown.add_column(name.replace("_", " "), justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(_cell(value)) for value in row.values()))
    Console().print(shown)


def _cell(value: object) -> str:
    """Text of others cannot move the cursor or colour the screen: control characters are left out."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    return "".join(character for character in str(value) if character.isprintable())
