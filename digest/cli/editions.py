"""`digest edition`: prepare, list, show, set, approve, status, pause, resume, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli import proofs
from digest.cli.screen import count, format_moment, print_problems, print_table, site_of
from digest.cli.standing import (
    describe_departure,
    describe_state,
    describe_when,
    print_counts,
    print_doubts,
    print_left,
    print_refusals,
    print_waits,
)
from digest.errors import Problem, UsageError

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from digest.desk.editions import Shown
    from digest.desk.planning import Plan
    from digest.desk.workplace import Workplace
    from digest.editions.edition import Edition
    from digest.settings import Settings

__all__ = ["register"]

edition = typer.Typer(help="Editions: prepare, look at, change, approve.", no_args_is_help=True, rich_markup_mode=None)
Id = Annotated[str, typer.Argument(metavar="ID", help="The edition's id, as `prepare` prints it.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    proofs.add_to(edition)
    app.add_typer(edition, name="edition")


@edition.command("prepare")
def prepare(
    context: typer.Context,
    list_id: Annotated[str, typer.Argument(metavar="LIST", help="One of newsroom.toml's lists.")],
    rhythm: Annotated[str, typer.Option(help="weekly, daily or at-once; else the list's first.")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help="The edition's moment, instead of now.")] = "",
    extra: Annotated[bool, typer.Option("--extra", help="One more edition in a period that has its own.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Return an approved edition to draft and move it on.")] = False,
    actor: As = "staff",
) -> None:
    """Make the edition of this week or day, or move its draft on. The first line is the edition's id alone."""
    from digest.clock import parse_moment
    from digest.desk import editions as desk
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    moment = parse_moment(at, site.settings.zone) if at else None
    with open_workplace(site) as place:
        made = desk.prepare(place, list_id, rhythm=_rhythm(rhythm), at=moment, extra=extra, refresh=refresh, actor=actor)
    typer.echo(made.edition.id)
    if not made.plan.variants and made.edition.state == "draft":
        typer.echo("nothing to carry")
        return
    if made.edition.state not in ("draft", "cancelled"):
        typer.echo(f"It is {made.edition.state} and stays as it is.")
        if made.edition.state == "finished":
            typer.echo(f"One more in its period: digest edition prepare {list_id}{_rhythm_of(made.edition)} --extra")
        for item in made.released_since:
            typer.echo(f"  since then {item.type.value}: {item.content.title}")
        if made.released_since and made.edition.state == "approved":
            typer.echo("To take that in: digest edition prepare ... --refresh, then approve it anew.")
        return
    _print_plan(made.plan, site.settings)


@edition.command("list")
def list_(context: typer.Context) -> None:
    """All editions, where they stand, and when they leave or left."""
    from digest.desk import editions as desk
    from digest.desk.scheduling import find_slot
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    zone = site.settings.zone
    with open_workplace(site) as place:
        found = [(one, find_slot(place, one)) for one in desk.list_editions(place)]
        rows = [(one.id, describe_state(one), describe_when(one, slot, place.now, zone)) for one, slot in found]
    print_table(rows)
    if not rows:
        typer.echo("There are no editions yet; make one: digest edition prepare LIST")


@edition.command("show")
def show(context: typer.Context, name: Id) -> None:
    """What an edition carries, to how many, and where it stands."""
    from digest.desk import editions as desk
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        shown = desk.show(place, name)
        _print_head(shown, place)
    if shown.plan is not None:
        typer.echo("It carries:")
        _print_plan(shown.plan, site.settings)
    _print_since(shown)


@edition.command("set")
def set_(
    context: typer.Context,
    name: Id,
    title: Annotated[str | None, typer.Option(help="The edition's title.")] = None,
    subject: Annotated[str | None, typer.Option(help="The mail's subject.")] = None,
    preheader: Annotated[str | None, typer.Option(help="What mail programs show behind the subject.")] = None,
    intro: Annotated[
        str | None, typer.Option(help="A few words of staff at the top; an empty line begins a paragraph.")
    ] = None,
    lead: Annotated[str | None, typer.Option(metavar="ITEM", help="The item that opens it.")] = None,
    order: Annotated[str | None, typer.Option(metavar="ITEMS", help="Items that come first, with blanks between.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="ITEM", help="Leave this item out; may be repeated.")] = None,
    include: Annotated[list[str] | None, typer.Option(metavar="ITEM", help="Take an exclusion back.")] = None,
    always: Annotated[bool, typer.Option("--always", help="With --exclude and --include: for good, on this list.")] = False,
    revision: Annotated[
        int | None, typer.Option(metavar="N", help="The revision you looked at; a stale one is refused.")
    ] = None,
    actor: As = "staff",
) -> None:
    """Change what staff decide; an approved edition becomes a draft again. An empty text takes a choice back."""
    from digest.desk import editions as desk
    from digest.desk.workplace import open_workplace

    changes: dict[str, Any] = {"title": title, "subject": subject, "preheader": preheader, "introduction": intro}
    changes = {key: value for key, value in changes.items() if value is not None}
    if lead is not None:
        changes["lead"] = lead or None
    if order is not None:
        changes["order"] = tuple(order.split())
    if always and not (exclude or include):
        raise UsageError("--always", "it goes with --exclude ITEM or --include ITEM", "Name the item.")
    with open_workplace(site_of(context)) as place:
        changed = desk.set_choices(
            place, name, changes,
            exclude=() if always else tuple(exclude or ()),
            include=() if always else tuple(include or ()),
            bar=tuple(exclude or ()) if always else (),
            unbar=tuple(include or ()) if always else (),
            revision=revision,
            actor=actor,
        )  # fmt: skip
    typer.echo(f"{changed.id} is a draft, revision {changed.revision}.")


@edition.command("approve")
def approve(
    context: typer.Context,
    name: Id,
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who takes the responsibility.")],
    revision: Annotated[
        int | None, typer.Option(metavar="N", help="The revision you looked at; a stale one is refused.")
    ] = None,
) -> None:
    """Approve an edition as it is now; any later change makes it a draft again."""
    from digest.desk import approving
    from digest.desk.scheduling import find_slot
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        warnings: list[Problem] = []
        approved = approving.approve(place, name, actor=actor, revision=revision, warn=warnings.append)
        slot, now = find_slot(place, approved), place.now
    print_problems(warnings)
    by_itself = approved.rhythm == "at-once" or slot is not None
    when = format_moment(slot, site.settings.zone) if slot and slot > now else "now"
    typer.echo(f"{approved.id} is approved by {actor}.")
    if by_itself:
        typer.echo(f"A running digest serve sends it {when}. To send it yourself: digest send {approved.id}")
    else:
        typer.echo(f"Send it: digest send {approved.id}")


@edition.command("status")
def status(context: typer.Context, name: Id) -> None:
    """Where an edition stands, and its letters in numbers."""
    from digest.desk import editions as desk
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        shown = desk.show(place, name)
        one, left_count = shown.edition, desk.count_left(place, name)
        _print_head(shown, place)
        print_counts(one, desk.count_deliveries(place, name), left_count)
        print_refusals(desk.list_refusals(place, name))
        print_left(one, left_count)
        print_waits(place, name)
        print_doubts(one, desk.count_perhaps_twice(place, name))
        _print_since(shown)
        _print_next(one)


@edition.command("pause")
def pause(context: typer.Context, name: Id, actor: As = "staff") -> None:
    """Stop sending before the next letter; nothing is lost."""
    _steer(context, name, "pause", actor)


@edition.command("resume")
def resume(context: typer.Context, name: Id, actor: As = "staff") -> None:
    """Let a paused edition be sent again."""
    _steer(context, name, "resume", actor)


@edition.command("cancel")
def cancel(context: typer.Context, name: Id, actor: As = "staff") -> None:
    """End an edition: what has not left does not leave, and its items come with the next one."""
    _steer(context, name, "cancel", actor)


def _steer(context: typer.Context, name: str, step: str, actor: str) -> None:
    from digest.desk import steering
    from digest.desk.workplace import open_workplace
    from digest.editions.edition import find_way_back

    with open_workplace(site_of(context)) as place:
        changed = {"pause": steering.pause, "resume": steering.resume, "cancel": steering.cancel}[step](
            place, name, actor=actor
        )
    after = {
        "resume": f" A running digest serve sends it, else: digest send {changed.id}",
        "cancel": "\nWhat has not reached its readers comes with the next one."
        f"\nIf you change your mind: {find_way_back(changed)}",
    }
    typer.echo(f"{changed.id} is {changed.state}.{after.get(step, '')}")


def _print_head(shown: Shown, place: Workplace) -> None:
    """Where an edition stands: what it waits for, when it leaves, who answers for it."""
    from digest.desk.scheduling import find_slot, was_late

    one, zone = shown.edition, place.site.settings.zone
    late = ", late" if was_late(place, one.id) else ""
    moments = [
        ("leaves", describe_departure(one, find_slot(place, one), place.now, zone)),
        ("approved", f"by {one.approved_by}{_tell(', ', one.approved_at, zone)}" if one.approved_by else ""),
        ("begun", _tell("", one.started_at, zone) + late if one.started_at else ""),
        ("finished", _tell("", one.finished_at, zone)),
        ("carries", f"what was released until {format_moment(one.moment, zone)}"),
        ("last change", f"{one.changed_what}, by {one.changed_by} (revision {one.revision})"),
    ]
    rows = [("edition", one.id), ("state", describe_state(one)), *(row for row in moments if row[1])]
    print_table(rows, indent="")


def _tell(before: str, moment: datetime | None, zone: tzinfo) -> str:
    return f"{before}{format_moment(moment, zone)}" if moment else ""


def _print_since(shown: Shown) -> None:
    """What an approved edition does not carry because it came later."""
    one = shown.edition
    if not shown.released_since or one.state != "approved":
        return
    typer.echo("Released since it was approved, and not in it:")
    for item in shown.released_since:
        typer.echo(f"  {item.type.value}: {item.content.title}")
    typer.echo(f"To take that in: digest edition prepare {one.list_id}{_rhythm_of(one)} --refresh, then approve it anew.")


def _rhythm_of(one: Edition) -> str:
    return f" --rhythm {one.rhythm}"


def _print_next(one: Edition) -> None:
    """What a person can do now."""
    if one.state == "draft":
        typer.echo(f"Look at it:   digest edition preview {one.id}")
        typer.echo(f"Then approve: digest edition approve {one.id} --as NAME")
    elif one.state == "paused" and one.paused_by == "staff":
        typer.echo(f"Go on with: digest edition resume {one.id} --as NAME, then digest send {one.id}")
    elif one.state == "paused":
        typer.echo(f"When it is mended, go on with: digest send {one.id}")


def _print_plan(plan: Plan, settings: Settings) -> None:
    """What would be sent: items with readers, then variants."""
    whole = plan.whole(settings, settings.newsroom.language)
    for carried in whole.new:
        item = plan.newsroom.by_id[carried.item]
        typer.echo(f"  new         {count(plan.readers_of(carried.item), 'reader'):>14}  {item.id}: {item.content.title}")
    for label, names in (("correction", [item for item, _ in whole.corrected]), ("withdrawal", whole.withdrawn)):
        for name in names:
            item = plan.newsroom.by_id[name]
            typer.echo(f"  {label:<10}  {count(plan.readers_of(name), 'reader'):>14}  {item.id}: {item.content.title}")
    readers, variants = count(plan.reader_count, "reader"), count(len(plan.variants), "variant")
    typer.echo(f"  {readers} in {variants}; {plan.empty_count} more get nothing this time")


def _rhythm(text: str) -> Any:
    if text not in ("", "weekly", "daily", "at-once"):
        raise UsageError(f"--rhythm {text}", "there is no such rhythm", "Write weekly, daily or at-once.")
    return text or None
