"""Standing approvals: staff say once for all that editions of a list go out, as long as their letters are made as then.

What is approved so is what letters have in common: settings, templates, theme, sentences. When any of it changes, editions
wait as drafts until a person looks and approves the list anew. What an edition carries is inspected each time all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digest.desk.authority import check_actor, require
from digest.desk.fencing import note_home
from digest.desk.letterhead import build_letterhead
from digest.desk.workplace import Workplace
from digest.editions.approval import build_hash, describe_changes, hash_value
from digest.editions.edition import Edition
from digest.errors import EditionError, TemplateError, UsageError
from digest.settings import ReaderList, Rhythm, Settings
from digest.staff.members import Program
from digest.staff.roles import Right
from digest.store.journal import write_journal
from digest.store.standing import StandingApproval, drop_standing, keep_standing, read_standing

__all__ = [
    "ListLine", "Standing", "approve_list", "find_void", "list_drafts", "list_lists", "revoke_list", "tell_void",
    "try_standing_approval",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing approval and what is no longer as it was then, in words; nothing when it still fits."""

    approval: StandingApproval
    changes: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether editions are approved by it."""
        return not self.changes

    @property
    def occasion(self) -> str:
        """What approvers are told of once: this approval, void by these changes."""
        one = self.approval
        return (
            f"approval-void {one.list_id} {one.rhythm} {one.approved_at:%Y%m%d%H%M%S} {hash_value(list(self.changes))[:16]}"
        )

    @property
    def words(self) -> str:
        """What staff are told of one that no longer fits."""
        one = self.approval
        what = "; ".join(self.changes[:3]) + (f"; {len(self.changes) - 3} more" if len(self.changes) > 3 else "")
        return (
            f"list {one.list_id}: the standing approval by {one.approved_by} no longer fits, so editions {one.rhythm} wait "
            f"as drafts: {what}. Look at a letter, then: digest lists approve {one.list_id} --rhythm {one.rhythm} --as NAME"
        )


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list as newsroom.toml has it, with its standing approvals."""

    name: str
    settings: ReaderList
    standing: tuple[Standing, ...]


def approve_list(place: Workplace, list_id: str, *, rhythm: Rhythm = "at-once", actor: str) -> StandingApproval:
    """Approve all editions of a list and rhythm, as their letters are made now.

    Raises:
        UsageError: there is no such list or rhythm, the list's editions are to be approved one by one, or the name cannot
            be shown.
        TemplateError: letters cannot be made with the site's templates.
    """
    from digest.desk.trying_templates import find_template_faults

    require(place, actor, Right.APPROVE)
    _check_list(place.site.settings, list_id, rhythm)
    if place.site.settings.lists[list_id].approval != "standing":
        cause = "its editions are approved one by one"
        raise UsageError(f"list {list_id}", cause, 'To change that, write approval = "standing" into its table.')
    if faults := find_template_faults(place):
        raise TemplateError("templates/mail", "letters would be spoiled by these faults", "Mend them.", faults)
    approval = StandingApproval(list_id, rhythm, build_letterhead(place, list_id), actor, place.now)
    note_home(place)
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.APPROVE)
        keep_standing(connection, approval)
        signed = build_hash(approval.manifest)
        write_journal(connection, place.now, actor, "standing approval given", f"list {list_id}", place.via, hash=signed)
    return approval


def revoke_list(place: Workplace, list_id: str, *, rhythm: Rhythm = "at-once", actor: str) -> None:
    """Take a standing approval back; editions wait as drafts from now on.

    Raises:
        UsageError: there is none for that list and rhythm.
    """
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.APPROVE, Right.STOP)
        if not drop_standing(connection, list_id, rhythm):
            cause = f"it has no standing approval for editions {rhythm}"
            raise UsageError(f"list {list_id}", cause, "Look at them: digest lists show")
        write_journal(connection, place.now, actor, "standing approval revoked", f"list {list_id}", place.via)


def list_drafts(place: Workplace, list_id: str, rhythm: Rhythm) -> list[str]:
    """The editions of a list and rhythm that wait for approval, the oldest first."""
    from digest.store.editions import read_editions

    with place.store.reading() as connection:
        return [one.id for one in read_editions(connection, "draft") if (one.list_id, one.rhythm) == (list_id, rhythm)]


def list_lists(place: Workplace) -> list[ListLine]:
    """The lists of newsroom.toml with their standing approvals."""
    found = list(_judge_all(place))
    return [
        ListLine(name, chosen, tuple(one for one in found if one.approval.list_id == name))
        for name, chosen in place.site.settings.lists.items()
    ]


def find_void(place: Workplace) -> list[Standing]:
    """The standing approvals that no longer fit, of lists whose editions still need one."""
    settings = place.site.settings
    return [one for one in _judge_all(place) if not one.fits and _wants_standing(settings, one.approval)]


def tell_void(place: Workplace) -> list[str]:
    """Say which standing approvals no longer fit, and mail the approvers of their lists, once for each change."""
    void = find_void(place)
    if not void:
        return []
    from digest.desk.notices import notify_approvers

    with place.hot.writing() as connection:
        for one in void:
            given = one.approval
            notify_approvers(
                place,
                connection,
                given.list_id,
                "approval-void",
                occasion=one.occasion,
                titles=one.changes,
                rhythm=given.rhythm,
            )
    return [one.words for one in void]


def try_standing_approval(place: Workplace, name: str) -> bool:
    """Approve a draft if there is a standing approval for it that fits; whether it is approved now.

    Whatever the inspection finds wrong leaves it a draft, and the approvers of its list are told.

    Raises:
        EditionError: there is no such edition.
        StoreError: the store cannot be read or written.
    """
    from digest.store.editions import read_edition

    with place.store.reading() as connection:
        edition = read_edition(connection, name)
    if edition.state != "draft":
        return edition.state == "approved"
    found = _find_fitting(place, edition)
    if found is None:
        return False
    return _approve(place, edition, found)


def _approve(place: Workplace, edition: Edition, approval: StandingApproval) -> bool:
    from digest.desk.approving import approve

    try:
        approve(place, edition.id, actor=Program(f"{approval.approved_by}, standing"), covered=approval.manifest)
    except (EditionError, TemplateError) as error:
        _note_refusal(place, edition, error)
        return False
    return True


def _note_refusal(place: Workplace, edition: Edition, error: EditionError | TemplateError) -> None:
    why = "; ".join([error.cause, *(str(problem) for problem in error.problems[:5])])
    with place.store.writing() as connection:
        action = "standing approval refused"
        write_journal(connection, place.now, "digest", action, edition.id, place.via, why=why)


def _find_fitting(place: Workplace, edition: Edition) -> StandingApproval | None:
    concerned = [
        one for one in _judge_all(place) if (one.approval.list_id, one.approval.rhythm) == (edition.list_id, edition.rhythm)
    ]
    return next((one.approval for one in concerned if one.fits and _wants_standing(place.site.settings, one.approval)), None)


def _judge_all(place: Workplace) -> Iterator[Standing]:
    with place.hot.reading() as connection:
        approvals = read_standing(connection)
    for one in approvals:
        try:
            present = build_letterhead(place, one.list_id) if one.list_id in place.site.settings.lists else {}
        except TemplateError as error:
            yield Standing(one, (str(error),))
        else:
            yield Standing(one, describe_changes(one.manifest, present))


def _wants_standing(settings: Settings, approval: StandingApproval) -> bool:
    chosen = settings.lists.get(approval.list_id)
    return chosen is not None and chosen.approval == "standing" and approval.rhythm in chosen.rhythms


def _check_list(settings: Settings, list_id: str, rhythm: Rhythm) -> None:
    from digest.desk.readers import pick_list

    chosen = pick_list(settings, list_id)
    if rhythm not in chosen.rhythms:
        raise UsageError(f"list {list_id}", f"it has no rhythm {rhythm}", f"Its rhythms are: {', '.join(chosen.rhythms)}.")
