"""`digest keys`: what the site's keys are for, changing them, and those that sign letters with their records for the DNS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import count, print_table, progress, site_of
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.delivery.signing_keys import KeyFile
    from digest.desk.rekeying import Rotation
    from digest.desk.signing import DomainKeys
    from digest.desk.workplace import Workplace
    from digest.settings import Site

__all__ = ["register"]

keys = typer.Typer(
    help="The site's keys: show, rotate, and those that sign letters.", no_args_is_help=True, rich_markup_mode=None
)
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")]
_STATES = {"used": "signs", "waiting": "waits to be used", "old": "signs no more"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(keys, name="keys")


@keys.command("show")
def show(context: typer.Context) -> None:
    """Say which keys there are, what each is for, and what is lost with it. No key is printed."""
    from digest.desk.rekeying import look_at_keys
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        found = look_at_keys(place)
    newest = max(found.sealed)
    typer.echo(f"{found.file}:")
    print_table(
        [
            (
                f"sealing {number}",
                f"{held} {'value is' if held == 1 else 'values are'} sealed with it",
                _tense(number == newest),
            )
            for number, held in found.sealed.items()
        ]
        + [("index 1", f"finds an address again (mark {found.mark})", "never changes")]
        + [(f"tokens {number}", "signs links", _tense(number == max(found.tokens))) for number in found.tokens]
    )
    for number, held in found.missing.items():
        typer.echo(
            f"sealing {number} is missing, and {held} {'value' if held == 1 else 'values'} cannot be read without it.",
            err=True,
        )
    typer.echo(f"{found.backup_file}:")
    print_table(
        [("backups", f"mark {found.backup_mark}" if found.backup_mark else "made with the first: digest backup FILE", "")]
    )
    typer.echo("What is lost with them, for ever:")
    print_table(_LOSSES)
    typer.echo("So keep copies of both files in a safe place, apart from the database and from backups, which hold neither.")


_LOSSES = (
    ("sealing", "no address under it can be read or mailed; every reader would have to be brought in anew"),
    ("index", "no address is found again: who left or was suppressed would be taken for a stranger"),
    ("tokens", "no link in a letter works, and nobody can leave by one"),
    ("backups", "no backup made with it can be opened"),
)


def _tense(is_newest: bool) -> str:
    return "in use" if is_newest else "kept for what is older"


@keys.command("rotate")
def rotate(
    context: typer.Context,
    tokens: Annotated[bool, typer.Option("--tokens", help="Change the key of links instead of the sealing key.")] = False,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Remove the former sealing keys now; older backups become unreadable.")
    ] = False,
    actor: As = "staff",
) -> None:
    """Make a new sealing key and seal all addresses anew; servers and senders go on meanwhile."""
    from digest.desk.rekeying import rotate_sealing, rotate_tokens
    from digest.desk.workplace import open_workplace

    if tokens and drop_old:
        raise UsageError("keys rotate", "old keys of links stay for ever, so that people can leave", "Leave --drop-old out.")
    site = site_of(context)
    with open_workplace(site) as place:
        if tokens:
            number = rotate_tokens(place, actor=actor)
            typer.echo(
                f"Links are signed with tokens {number} from now on. Links to leave go on working, in every old letter;"
            )
            typer.echo("links to confirm, to choose and to undo that were mailed before no longer do.")
            _remind()
            return
        with progress("Sealing", None) as bar:
            done = rotate_sealing(place, actor=actor, progress=lambda some, total: bar.update(some, total=total))
        _print_rotation(done)
        if not drop_old:
            until = done.kept_until.astimezone(site.settings.zone)
            typer.echo(
                f"The former key stays until {until:%d %B %Y}, for backups made before today; then it goes by itself."
            )
        else:
            _drop_old(place)
    _remind()


def _print_rotation(done: Rotation) -> None:
    if done.was_begun:
        typer.echo(f"The change to sealing {done.number} had been interrupted; it is carried to its end.")
    typer.echo(f"Sealed anew with sealing {done.number}: {count(done.resealed_count, 'value')}.")
    if done.unreadable_count:
        typer.echo(
            f"{count(done.unreadable_count, 'value')} cannot be read with the keys there are, and stay as they are.",
            err=True,
        )


def _drop_old(place: Workplace) -> None:
    from digest.clock import real_now
    from digest.desk.rekeying import drop_unused_keys

    def wait() -> None:
        typer.echo("An import is under way and seals with the former key; waiting until it has ended.", err=True)

    gone = drop_unused_keys(place, real_now(), at_once=True, wait=wait)
    if gone:
        typer.echo(f"Removed: {', '.join(gone)}. Backups made before cannot be read any more.")
    else:
        typer.echo("No key was removed: what cannot be read is still sealed with the former one.")


def _remind() -> None:
    typer.echo("Renew the copy of digest.keys that you keep apart: it lacks the new key.")


@keys.command("dkim")
def dkim(
    context: typer.Context,
    domain: Annotated[str, typer.Option("--domain", metavar="NAME", help="Only this one of the senders' domains.")] = "",
    new: Annotated[bool, typer.Option("--new", help="Make a new pair; it waits until --activate.")] = False,
    activate: Annotated[bool, typer.Option("--activate", help="Sign with the new pair from now on.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Print the records; make nothing.")] = False,
    actor: As = "staff",
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
