"""Approving an edition, and the freeze that makes the deliveries of an approved one.

An approval names the hash of all that it covers; the freeze checks that hash against what there is now, in the transaction
that makes the deliveries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from sqlalchemy import Connection

from digest.clock import real_now
from digest.desk.archive import build_archive
from digest.desk.authority import check_actor, check_four_eyes, require
from digest.desk.editions import CHANGEABLE
from digest.desk.fencing import note_home
from digest.desk.planning import is_urgent_only, list_of, plan_edition
from digest.desk.press import Press, carries_nothing
from digest.desk.scheduling import note_approval
from digest.desk.trying_templates import find_template_faults
from digest.desk.workplace import Workplace
from digest.editions.approval import build_hash, describe_changes
from digest.editions.edition import Edition, check_revision, check_state, to_draft
from digest.errors import EditionError, Problem, TemplateError
from digest.staff.roles import Right
from digest.store.editions import read_edition, write_edition
from digest.store.journal import write_journal
from digest.store.planning import FrozenVariant, freeze
from digest.store.settling import settle_in_steps

__all__ = ["approve", "check_approved", "freeze_edition"]


def approve(
    place: Workplace,
    name: str,
    *,
    actor: str,
    expected: str | None = None,
    revision: int | None = None,
    covered: Mapping[str, str] | None = None,
    warn: Callable[[Problem], None] = lambda _problem: None,
) -> Edition:
    """Approve what the edition is now.

    Args:
        actor: who takes the responsibility.
        expected: the hash that was looked at, when the caller has shown one.
        revision: the revision that was looked at; None means the newest, whatever it is.
        covered: parts of the manifest that must be so, those of a standing approval.
        warn: is told what the inspection finds worth a look, but no reason to refuse.

    Raises:
        EditionError: it is no draft, carries nothing to anyone, fails the inspection, or is not what was looked at.
        TemplateError: letters cannot be made with the site's templates; see `digest.desk.trying_templates`.
        UsageError: the name holds characters that cannot be shown.
    """
    require(place, actor, Right.APPROVE)
    if faults := find_template_faults(place):
        raise TemplateError("templates/mail", "letters would be spoiled by these faults", "Mend them.", faults)
    settle_in_steps(place.store.file)
    with place.store.reading() as connection:  # the slow part, before the write lock is taken
        press = _press_draft(place, connection, name)
        check_revision(press.edition, revision)
        check_four_eyes(place, connection, actor, press.edition)
        for warning in press.inspect():
            warn(warning)
        looked_at = expected or build_hash(press.manifest())
    note_home(place)
    with place.store.writing() as connection:
        check_actor(place, connection, actor, Right.APPROVE)
        press = _press_draft(place, connection, name)
        check_four_eyes(place, connection, actor, press.edition)
        manifest = press.manifest()
        signed = build_hash(manifest)
        if looked_at != signed or not (covered or {}).items() <= manifest.items():
            raise EditionError(f"edition {name}", "it is no longer what was looked at", "Look at it again and approve that.")
        approved = replace(
            press.edition,
            state="approved",
            approved_hash=signed,
            approved_by=actor,
            approved_at=place.now,
            manifest=manifest,
            archive=build_archive(press.plan, place.site.settings),
        )
        edition = write_edition(connection, approved, actor, "approved", place.now)
        note_approval(connection, edition)
        write_journal(connection, place.now, actor, "edition approved", name, place.via, hash=signed)
        return edition


def _press_draft(place: Workplace, connection: Connection, name: str) -> Press:
    """What an edition would send if it were approved now."""
    edition = read_edition(connection, name)
    check_state(edition, CHANGEABLE, "approved", f"Look at it: digest edition show {name}")
    draft = to_draft(edition)
    press = Press(place, draft, plan_edition(connection, draft, place.site.settings))
    if not press.plan.variants:
        raise carries_nothing(name)
    return press


def find_changes(press: Press) -> tuple[str, ...]:
    """What is no longer as it was when the edition was approved, in words; nothing if it is still that."""
    if not press.plan.variants:
        had = press.plan.empty_count > 0
        return ("its readers have had all of it since, by another edition" if had else "nobody is left to get it",)
    present = press.manifest()
    return () if build_hash(present) == press.edition.approved_hash else describe_changes(press.edition.manifest, present)


def check_approved(place: Workplace, name: str) -> Press:
    """What an approved edition would send. One that is no longer what was approved becomes a draft again.

    Raises:
        EditionError: it is not approved, or something has changed since; that is named.
    """
    with place.store.reading() as connection:
        edition = read_edition(connection, name)
        _refuse_draft(edition)
        check_state(edition, ("approved",), "sent anew", f"Look at it: digest edition status {name}")
        press = Press(place, edition, plan_edition(connection, edition, place.site.settings))
    changes = find_changes(press)
    if changes:
        _return_to_draft(place, name, changes)
    return press


def _return_to_draft(place: Workplace, name: str, changes: Sequence[str]) -> NoReturn:
    what = "; ".join(changes[:5])
    with place.store.writing() as connection:
        edition = read_edition(connection, name)
        approver = edition.approved_by
        if edition.state == "approved":
            write_edition(connection, to_draft(edition), "digest", what, place.now)
            write_journal(connection, place.now, "digest", "edition returned to draft", name, place.via, why=what)
    raise EditionError(
        f"edition {name}",
        f"it is no longer what {approver} approved, and is a draft again: {what}",
        f"Look at it and approve it again: digest edition approve {name} --as NAME",
    )


def freeze_edition(place: Workplace, name: str, *, actor: str) -> Edition:
    """Make the deliveries of an approved edition, in one transaction with its state; an edition frozen already stays so.

    Raises:
        EditionError: it is not approved, or no longer what was approved: then it is a draft again.
    """
    with place.store.reading() as connection:
        edition = read_edition(connection, name)
    list_of(edition, place.site.settings)
    _refuse_draft(edition)
    if edition.state != "approved":
        return edition
    settle_in_steps(place.store.file)
    check_approved(place, name).write_messages()  # the slow part, before the write lock is taken
    with place.store.writing(references=False) as connection:
        edition = read_edition(connection, name)
        if edition.frozen_hash is not None:
            return edition  # another process was quicker
        if edition.state != "approved":
            raise EditionError(
                f"edition {name}", "somebody changed it this very moment", f"Look: digest edition show {name}"
            )
        press = Press(place, edition, plan_edition(connection, edition, place.site.settings))
        changes = find_changes(press)
        if not changes:
            return _freeze(place, connection, press, actor)
    _return_to_draft(place, name, changes)


def _freeze(place: Workplace, connection: Connection, press: Press, actor: str) -> Edition:
    edition = press.edition
    messages = press.write_messages()
    planned = [FrozenVariant(one.content, messages[one.content.hash], one.groups) for one in press.plan.variants]
    urgent = is_urgent_only(place.site.settings.lists[edition.list_id], edition.rhythm)
    made = freeze(connection, edition, planned, urgent, 0 if edition.rhythm == "at-once" else 1, real_now())
    frozen = replace(edition, state="frozen", frozen_hash=edition.approved_hash, audience_count=made)
    edition = write_edition(connection, frozen, actor, "frozen", place.now)
    write_journal(connection, place.now, actor, "edition frozen", edition.id, place.via, audience=made)
    return edition


def _refuse_draft(edition: Edition) -> None:
    if edition.state != "draft":
        return
    returned = edition.changed_what if edition.revision > 1 else "nobody has approved it yet"
    raise EditionError(
        f"edition {edition.id}",
        f"it is a draft and cannot be sent ({edition.changed_by}: {returned})",
        f"Look at it and approve it: digest edition approve {edition.id} --as NAME",
    )
