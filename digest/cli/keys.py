"""`digest keys dkim`: the keys that sign letters, and their records for the DNS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import site_of
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.delivery.signing_keys import KeyFile
    from digest.desk.signing import DomainKeys
    from digest.settings import Site

__all__ = ["register"]

keys = typer.Typer(help="Keys: those that sign letters (DKIM).", no_args_is_help=True, rich_markup_mode=None)
_STATES = {"used": "signs", "waiting": "waits to be used", "old": "signs no more"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(keys, name="keys")


@keys.callback()
def about() -> None:
    """Keys: those that sign letters (DKIM)."""


@keys.command("dkim")
def dkim(
    context: typer.Context,
    domain: Annotated[str, typer.Option("--domain", metavar="NAME", help="Only this one of the senders' domains.")] = "",
    new: Annotated[bool, typer.Option("--new", help="Make a new pair; it waits until --activate.")] = False,
    activate: Annotated[bool, typer.Option("--activate", help="Sign with the new pair from now on.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Print the records; make nothing.")] = False,
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")] = "staff",
) -> None:
    """Make the keys that sign letters, if they are missing, and print their DNS records."""
    from digest.desk import signing
    from digest.desk.workplace import open_workplace

    if new + activate + show > 1:
        raise UsageError("keys dkim", "it does one thing at a time", "Say --new, --activate or --show.")
    site = site_of(context)
    with open_workplace(site) as place:
        if show:
            found = signing.read_signing_keys(place, domain)
        elif activate:
            found = signing.activate_signing_keys(place, domain, actor=actor)
        else:
            found = signing.make_signing_keys(place, domain, anew=new, actor=actor)
    for one in found:
        _print_domain(one, "Used from now on:" if activate else "Made", site)
    if not site.settings.delivery.sign:
        typer.echo("Nothing is signed with them: [delivery] sign is false in newsroom.toml.")


def _print_domain(one: DomainKeys, done: str, site: Site) -> None:
    for file in one.changed:
        typer.echo(f"{done} {_place(file, site)}")
    if not one.files:
        typer.echo(f"There are no keys for {one.domain}. Make them: digest keys dkim --domain {one.domain}")
        return
    typer.echo(f"Records for the DNS of {one.domain}:")
    for file in one.files:
        _print_record(file)
    typer.echo("Look whether they are there:")
    for file in one.files:
        typer.echo(f"  dig +short TXT {_name(file)}")
    for line in _advise(one):
        typer.echo(line)


def _place(file: KeyFile, site: Site) -> str:
    return str(file.path.relative_to(site.folder) if file.path.is_relative_to(site.folder) else file.path)


def _name(file: KeyFile) -> str:
    return f"{file.key.selector}._domainkey.{file.key.domain}"


def _print_record(file: KeyFile) -> None:
    """Both ways in which DNS services want it: as strings of 255 octets for a zone file, and as one line for a web form."""
    from digest.delivery.signing_keys import build_record, split_record

    value = build_record(file.key)
    typer.echo(f"\n{_name(file)}  ({_STATES[file.state]})")
    strings = [f'"{part}"' for part in split_record(value)]
    typer.echo(f"{_name(file)}. IN TXT ( {' '.join(strings)} )")
    if len(strings) > 1:
        typer.echo(f"In a form that takes one line:\n{value}")
    typer.echo()


def _advise(one: DomainKeys) -> list[str]:
    states = {file.state for file in one.files}
    lines = []
    if "waiting" in states:
        lines.append("The present keys go on signing. When dig shows the new records: digest keys dkim --activate")
    elif "used" in states:
        lines.append("The next letter is signed. Until the records are there, receivers take it as unsigned.")
    if "old" in states:
        lines.append("A week after its last letter the record and the file of a key that signs no more can go.")
    return lines
