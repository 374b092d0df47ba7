"""Looking an edition over before anybody approves it, or after it was frozen: what is wrong with it, and how large it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from digest.desk.press import Press, carries_nothing
from digest.desk.workplace import Workplace
from digest.editions.content import VariantContent
from digest.errors import Problem, UsageError
from digest.mail.compile import CompiledMessage
from digest.mail.proof import Proof
from digest.mail.slotted import Slotted
from digest.store.editions import read_variants

__all__ = ["Inspection", "Size", "check_choice", "inspect_edition"]


@dataclass(frozen=True, slots=True)
class Size:
    """The largest letter of a language and form: octets of its HTML (0 when it has none), text and message.

    `is_awaited` says whether anybody gets letters in that language and form.
    """

    language: str
    form: str
    html_size: int
    text_size: int
    message_size: int
    item_count: int
    picture_count: int
    is_awaited: bool = True


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found, each once for all languages, and the sizes by language and form."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    sizes: tuple[Size, ...]


def inspect_edition(place: Workplace, name: str, *, language: str = "", form: str = "") -> Inspection:
    """Look an edition over, as an approval does; of one that was frozen, the variants as frozen.

    Args:
        language: only letters in this language; all when empty.
        form: only `full`, or only `discreet` letters; all that readers get when empty.

    Raises:
        EditionError: there is no such edition, it carries nothing to anyone, or a header cannot be written.
        TemplateError: a template cannot be used.
        UsageError: no letter is in that language and form.
    """
    check_choice(place, language, form)
    with place.store.reading() as connection:
        press = Press.open(place, connection, name)
        frozen = [variant.content for variant in read_variants(connection, name)]
    contents = frozen or (press.contents(discreet=form == "discreet") if press.plan.variants else [])
    if not contents:
        raise carries_nothing(name)
    chosen = [one for one in contents if one.language == (language or one.language) and one.form == (form or one.form)]
    if not chosen:
        raise UsageError(
            f"edition {name}", "no letter of it is in that language and form", "Leave --language or --form out."
        )
    return _look_over(press, chosen, frozen or [variant.content for variant in press.plan.variants])


def check_choice(place: Workplace, language: str, form: str) -> None:
    """Refuse a language that the newsroom has not, and a form that there is not; an empty one is no choice.

    Raises:
        UsageError: it names what there is.
    """
    if language and language not in place.site.settings.languages:
        known = ", ".join(place.site.settings.languages)
        raise UsageError(f"--language {language}", "the newsroom has no such language", f"Write one of {known}.")
    if form not in ("", "full", "discreet"):
        raise UsageError(f"--form {form}", "there is no such form", "Write full or discreet.")


def _look_over(press: Press, contents: Iterable[VariantContent], awaiting: Iterable[VariantContent]) -> Inspection:
    if fault := press.find_fault():
        return Inspection((fault,), (), ())
    inspector = press.inspector()
    sizes: dict[tuple[str, str], Size] = {}
    awaited = {(one.language, one.form) for one in awaiting}
    for content in contents:
        proof = press.proof(content)
        message = press.compile(proof)
        inspector.look(proof.letter, proof.html, proof.text, message)
        key = content.language, content.form
        size = replace(_measure(proof, message), is_awaited=key in awaited)
        sizes[key] = max(sizes.get(key, size), size, key=lambda one: one.message_size)
    found = inspector.problems
    return Inspection(
        errors=tuple(problem for problem in found if problem.severity == "error"),
        warnings=tuple(problem for problem in found if problem.severity == "warning"),
        sizes=tuple(sizes.values()),
    )


def _measure(proof: Proof, message: CompiledMessage) -> Size:
    letter = proof.letter
    return Size(
        language=letter.language,
        form=letter.form,
        html_size=_octets(proof.html or (), message),
        text_size=_octets(proof.text, message),
        message_size=sum(map(len, message.constants)),
        item_count=len(letter.items),
        picture_count="".join(proof.html or ()).count("<img "),
    )


def _octets(part: Slotted, message: CompiledMessage) -> int:
    slots = max(len(part) - 1, 0) * message.leave_length
    return sum(len(constant.encode()) for constant in part) + slots
