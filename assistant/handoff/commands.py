"""The commands on what help desks are told of hand-overs: what is still to be told, and telling it again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import terminal

if TYPE_CHECKING:
    from sqlalchemy import Engine

Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")]


def build_commands(open_engine: Callable[[], Engine]) -> typer.Typer:
    """The group of commands; `open_engine` opens the shop's database when one of them runs."""
    commands = typer.Typer(
        help="Hand-overs to people: what help desks have been told, and what can be learned from them.",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )

    @commands.command()
    def deliveries(json_output: Json = False) -> None:
        """List what help desks are still to be told and what was given up, with the last error of each.

        Example: [bold]python app.py handovers deliveries[/bold]
        """
        from assistant.handoff.outbox import Outbox

        outbox = Outbox(open_engine())
        listed = (*outbox.dead(), *outbox.waiting())
        if json_output:
            terminal.print_json({"counts": outbox.counts(), "deliveries": [each.as_json() for each in listed]})
        else:
            terminal.print_deliveries(listed, outbox.counts())

    @commands.command()
    def replay(
        ids: Annotated[list[int] | None, typer.Argument(metavar="ID", help="Deliveries that are listed as dead.")] = None,
        dead: Annotated[bool, typer.Option("--dead", help="All that were given up.")] = False,
        json_output: Json = False,
    ) -> None:
        """Queue deliveries that were given up again, as if they were new; a running server sends them within a second.

        Example: [bold]python app.py handovers replay 17 18[/bold], or [bold]python app.py handovers replay --dead[/bold]
        """
        from assistant.handoff.outbox import Outbox

        if bool(ids) == dead:
            raise typer.BadParameter("expected the ids of deliveries, or --dead for all that were given up")
        queued = Outbox(open_engine()).replay(None if dead else ids, time.time())
        terminal.print_values({"queued": queued}, json_output)

    return commands
