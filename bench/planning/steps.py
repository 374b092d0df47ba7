"""The steps of an edition for very many readers, each to be measured in a process of its own: see `STEPS`.

The memory of a step is what it takes at most beyond what the interpreter holds with everything imported and the database
open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bench.sites.history import MOMENT
from bench.sites.readership import LIST, open_place
from digest.desk.planning import Plan, plan_edition
from digest.desk.press import Press
from digest.desk.tidying import tidy_list
from digest.desk.workplace import Workplace
from digest.editions.edition import Edition
from digest.mail.compile import render_file
from digest.store.database import Store
from digest.store.editions import insert_edition
from digest.store.files import variant_path
from digest.store.planning import FrozenVariant, freeze
from digest.store.releases import log_end
from digest.store.settling import settle_in_steps
from digest.store.sqlite import driver

__all__ = ["EDITION", "STEPS", "Figures", "build_edition", "freeze_plan", "run_step"]

Figures = dict[str, float]
"""CPU and wall seconds, `peak` in MiB, and what was counted."""

EDITION = "2022-w08-supporters"
_LATER = timedelta(weeks=4)
_GROUPING = (
    "SELECT count(*) FROM (SELECT 1 FROM subscription WHERE list_id = ? AND state = 'active' AND rhythm = 'weekly' "
    "GROUP BY interest_id, had_id, language, form)"
)
_INSERTION = (
    "INSERT INTO delivery (subject, edition_id, variant_id, subscription_id, epoch, domain_key, lane, state, next_at, "
    "created_at) SELECT 'edition', ?, (SELECT min(id) FROM variant), id, epoch, domain_key, 1, 'queued', 1, 1 "
    "FROM subscription NOT INDEXED WHERE list_id = ? AND state = 'active' ORDER BY id LIMIT ?"
)


class _UndoneError(Exception):
    """Takes a transaction back."""


def build_edition(end: int) -> Edition:
    """The edition of the last week."""
    return Edition(
        id=EDITION, list_id=LIST, rhythm="weekly", period="2022-w08", moment=MOMENT, horizon=end, changed_by="bench",
        changed_what="prepared", changed_at=MOMENT,
    )  # fmt: skip


def freeze_plan(place: Workplace, names: dict[str, str]) -> tuple[Plan, int]:
    """Plan the edition and make its deliveries in one transaction: its plan, and how many deliveries.

    Args:
        names: the ready message of each content.
    """
    with place.store.writing(references=False) as connection:
        edition = build_edition(log_end(connection))
        plan = plan_edition(connection, edition, place.site.settings)
        state = {"state": "sending", "approved_hash": "", "frozen_hash": "", "started_at": MOMENT}
        insert_edition(connection, replace(edition, **state, audience_count=plan.reader_count))
        variants = [FrozenVariant(one.content, names.get(one.content.hash, ""), one.groups) for one in plan.variants]
        return plan, freeze(connection, edition, variants, False, 1, MOMENT)


@contextmanager
def _measuring(figures: Figures) -> Iterator[None]:
    before = _read_status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak counts from here
    wall, cpu = time.monotonic(), time.process_time()
    yield
    figures["cpu"], figures["wall"] = time.process_time() - cpu, time.monotonic() - wall
    figures["base"], figures["peak"] = before, _read_status("VmHWM") - before


def _read_status(name: str) -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def _preview(place: Workplace, figures: Figures) -> None:
    with place.store.reading() as connection:
        edition = build_edition(log_end(connection))
        with _measuring(figures):
            plan = plan_edition(connection, edition, place.site.settings)
    figures |= {"readers": plan.reader_count, "without": plan.empty_count, "variants": len(plan.variants)}


def _print(place: Workplace, figures: Figures) -> None:
    """Make the ready messages, without waiting for the disk."""
    with place.store.reading() as connection:
        edition = build_edition(log_end(connection))
        press = Press(place, edition, plan_edition(connection, edition, place.site.settings))
    names = []
    with _measuring(figures):
        for variant in press.plan.variants:
            message = press.compile(press.proof(variant.content))
            path = variant_path(place.site.var, message.hash)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(render_file(message))
            names.append(f"{variant.content.hash} {message.hash}\n")
    (place.site.var / "names").write_text("".join(names), "ascii")


def _freeze(place: Workplace, figures: Figures) -> None:
    names = dict(line.split() for line in (place.site.var / "names").read_text("ascii").splitlines())
    with _measuring(figures):
        plan, figures["readers"] = freeze_plan(place, names)
    figures["variants"] = len(plan.variants)


def _group(place: Workplace, figures: Figures) -> None:
    """The floor of a preview: SQLite counts the rows that readers share."""
    with place.store.reading() as connection, _measuring(figures):
        (figures["groups"],) = driver(connection).execute(_GROUPING, (LIST,)).fetchone()


def _insert(place: Workplace, figures: Figures) -> None:
    """The floor of a freeze: SQLite makes as many deliveries, all of one variant, and forgets them again."""
    count = _count_queued(place.store)
    try:
        with place.store.writing() as connection:
            insert_edition(connection, replace(build_edition(log_end(connection)), id="floor", period="floor"))
            with _measuring(figures):
                figures["rows"] = driver(connection).execute(_INSERTION, ("floor", LIST, count)).rowcount
            raise _UndoneError
    except _UndoneError:
        pass


def _finish(place: Workplace, figures: Figures) -> None:
    """As if all letters had been sent, some weeks ago."""
    with place.store.writing() as connection, _measuring(figures):
        plain = driver(connection)
        changed = plain.execute("UPDATE delivery SET state = 'sent' WHERE edition_id = ? AND state = 'queued'", (EDITION,))
        figures["rows"] = changed.rowcount
        later = "UPDATE edition SET state = 'finished', moment = moment + ? WHERE id = ?"
        plain.execute(later, (int(_LATER.total_seconds()), EDITION))


def _settle(place: Workplace, figures: Figures) -> None:
    with _measuring(figures):
        figures["rows"] = settle_in_steps(place.store.file)


def _tidy(place: Workplace, figures: Figures) -> None:
    with _measuring(figures):
        figures["rows"] = tidy_list(place.at(MOMENT + _LATER), LIST)


def _count_queued(store: Store) -> int:
    with store.reading() as connection:
        row = driver(connection).execute("SELECT audience_count FROM edition WHERE id = ?", (EDITION,)).fetchone()
    return int(row[0])


STEPS: dict[str, Callable[[Workplace, Figures], None]] = {
    "group": _group,
    "preview": _preview,
    "print": _print,
    "freeze": _freeze,
    "insert": _insert,
    "finish": _finish,
    "settle": _settle,
    "tidy": _tidy,
}
"""Each step by its name, in the order in which they make sense."""


def run_step(folder: Path, name: str) -> Figures:
    """Take one step on a site; what it cost."""
    place, figures = open_place(folder), Figures()
    with place.store.reading():
        pass  # the database is open, and all that needs it imported
    STEPS[name](place, figures)
    return figures
