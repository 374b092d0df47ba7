"""One letter of an edition to look at: the whole of it, or the variant that some readers get, in a language and form."""

from __future__ import annotations

from dataclasses import dataclass

from digest.desk.inspecting import check_choice
from digest.desk.planning import Plan, plan_edition
from digest.desk.press import Press, carries_nothing
from digest.desk.workplace import Workplace
from digest.editions.content import VariantContent
from digest.errors import EditionError
from digest.mail.compile import splice_example
from digest.store.editions import read_edition, read_variants
from digest.store.releases import read_newsroom
from digest.subscribers.tokens import UNSUBSCRIBE_LENGTH

__all__ = ["SampleLetter", "build_sample"]


@dataclass(frozen=True, slots=True)
class SampleLetter:
    """A letter as a reader that there is not would get it; `html` is empty for a discreet one."""

    subject: str
    sender: str
    html: str
    text: str
    message: bytes


def build_sample(
    place: Workplace, name: str, *, language: str = "", form: str = "full", variant: str = "", plan: Plan | None = None
) -> SampleLetter:
    """Render a letter of an edition as it is now, or as it was frozen.

    Args:
        language: one of the newsroom's; its own when empty.
        form: `full` or `discreet`.
        variant: the hash of one variant's content; the whole edition in that language and form when empty.
        plan: what the edition carries to whom, if it is known already: with a million readers working it out takes a second.

    Raises:
        EditionError: there is no such edition or variant, or it carries nothing to anyone.
        UsageError: there is no such language or form.
        TemplateError: a template cannot be used.
    """
    check_choice(place, language, form)
    with place.store.reading() as connection:
        edition = read_edition(connection, name)
        frozen = [one.content for one in read_variants(connection, name)] if edition.frozen_hash else []
        if frozen:  # who gets what is settled, so it need not be worked out
            plan = Plan(edition, read_newsroom(connection, edition.horizon), facts={}, variants=(), empty_count=0)
        plan = plan or plan_edition(connection, edition, place.site.settings)
    press = Press(place, edition, plan)
    proof = press.proof(_choose(press, frozen, language or place.site.settings.newsroom.language, form, variant))
    leave = place.addresses.leave("x" * UNSUBSCRIBE_LENGTH)
    return SampleLetter(
        subject=proof.letter.subject,
        sender=str(proof.letter.sender),
        html=leave.join(proof.html) if proof.html is not None else "",
        text=leave.join(proof.text),
        message=splice_example(press.compile(proof), leave),
    )


def _choose(press: Press, frozen: list[VariantContent], language: str, form: str, variant: str) -> VariantContent:
    contents = frozen or [one.content for one in press.plan.variants]
    if not contents:
        raise carries_nothing(press.edition.id)
    if variant:
        for content in contents:
            if content.hash == variant:
                return content
        raise EditionError(f"edition {press.edition.id}", "it has changed since this page was made", "Look at it anew.")
    if not frozen:
        return press.plan.whole(press.settings, language, form)
    return _read_whole(press, language) if form == "full" else max(frozen, key=lambda one: _fits(one, language, form))


def _read_whole(press: Press, language: str) -> VariantContent:
    """The whole as it was approved, which its web view shows too."""
    kept = press.edition.archive or {}
    return VariantContent.parse(str(kept.get(language) or next(iter(kept.values()))))


def _fits(content: VariantContent, language: str, form: str) -> tuple[bool, bool, int]:
    return content.form == form, content.language == language, len(content.new)
