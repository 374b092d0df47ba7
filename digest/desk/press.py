"""From a plan to ready messages: letters filled, rendered, checked, signed for approval, compiled and kept as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cached_property

from sqlalchemy import Connection

from digest.desk.letterhead import build_letterhead
from digest.desk.pictures import build_public_pictures
from digest.desk.planning import Plan, plan_edition
from digest.desk.workplace import Workplace
from digest.editions.approval import hash_value, sign
from digest.editions.content import VariantContent
from digest.editions.edition import Edition
from digest.errors import EditionError, Problem
from digest.mail.compile import CompiledMessage, render_file
from digest.mail.filling import Filling
from digest.mail.inspection import Inspector
from digest.mail.inspection.addresses import read_address
from digest.mail.proof import Proof, build_proof
from digest.store.editions import read_edition
from digest.store.files import write_variant
from digest.store.sqlite import translate
from digest.subscribers.tokens import UNSUBSCRIBE_LENGTH

__all__ = ["Press", "carries_nothing"]


class Press:
    """Prints one edition by its plan."""

    def __init__(self, place: Workplace, edition: Edition, plan: Plan) -> None:
        self.place, self.edition, self.plan = place, edition, plan
        self.settings = place.site.settings

    @classmethod
    def open(cls, place: Workplace, connection: Connection, name: str) -> Press:
        """The press of an edition as it is stored, by its plan as it is now.

        Raises:
            EditionError: there is no such edition, or newsroom.toml no longer has its list.
        """
        edition = read_edition(connection, name)
        return cls(place, edition, plan_edition(connection, edition, place.site.settings))

    @cached_property
    def _filling(self) -> Filling:
        pictures, _ = build_public_pictures(self.place, self.plan.newsroom)
        return Filling(self.edition, self.plan.newsroom, pictures, self.settings, self.place.templates)

    def proof(self, content: VariantContent) -> Proof:
        """A variant rendered, shortened until it fits.

        Raises:
            TemplateError: a template cannot be used.
            EditionError: it does not fit whatever is cut.
        """
        return build_proof(content, self._filling, self.place.inliner)

    def compile(self, proof: Proof) -> CompiledMessage:
        """The ready message of a variant; its date is the moment at which the edition is frozen."""
        leave_length = len(self.place.addresses.leave("")) + UNSUBSCRIBE_LENGTH
        return proof.compile(self.place.now, leave_length)

    def wholes(self) -> Iterator[VariantContent]:
        """The edition with all its events in each language and form: what an approval looks at."""
        for language in self.settings.languages:
            for form in ("full", "discreet"):
                yield self.plan.whole(self.settings, language, form)

    def manifest(self) -> dict[str, str]:
        """Everything that decides what readers get, each with its hash."""
        own = self.settings.newsroom
        newsroom = self.plan.newsroom
        events = self.plan.events
        parts: dict[str, object] = {
            "items kept off the list": sorted(self.plan.barred),
            "audience": [self.edition.list_id, self.edition.rhythm, self.edition.period, self.edition.part],
            "moment": [self.edition.moment.isoformat(), str(self.edition.earliest_at or ""), self.edition.horizon],
            "order": [carried.item for carried in self.plan.whole(self.settings, own.language).new],
        }
        parts |= {f"choice {name}": value for name, value in asdict(self.edition.choices).items()}
        for item in sorted(events.items):
            entry = newsroom.by_id[item]
            parts[f"item {item}"] = [entry.version, entry.photo, entry.corrections, entry.type.value]
        return sign(parts) | build_letterhead(self.place, self.edition.list_id) | dict(self._page_hashes())

    def _page_hashes(self) -> Iterator[tuple[str, str]]:
        """The pieces as rendered, and the text, in each language and form."""
        for content in self.wholes():
            letter = self._filling.build_letter(content)
            built = () if letter.is_discreet else self.place.inliner.build_pieces(letter)
            proof = self.proof(content)
            head = [str(letter.sender), letter.reply_to, letter.subject]
            yield (
                f"page {content.language} {content.form}",
                hash_value([head, [[one.role, one.html] for one in built], proof.text]),
            )

    def contents(self, *, discreet: bool = False) -> list[VariantContent]:
        """What an inspection looks at: the whole in each language, then every variant.

        Args:
            discreet: also look at the whole in discreet form when no reader gets that.
        """
        variants = [variant.content for variant in self.plan.variants]
        forms = {"full", *(content.form for content in variants), *(["discreet"] if discreet else [])}
        return [*(whole for whole in self.wholes() if whole.form in forms), *variants]

    def inspector(self) -> Inspector:
        """Looks at letters of this edition; it knows what a discreet one must not name."""
        return Inspector.of(self.edition.id, self.settings)

    def find_fault(self) -> Problem | None:
        """What keeps every letter from being made: the site is not reached by https, so that no link to leave can stand."""
        base_url = self.settings.newsroom.base_url
        if read_address(base_url).is_safe:
            return None
        text = f"{base_url} is not https, without which nobody's link to leave is safe; write https:// into newsroom.toml"
        return Problem(self.edition.id, 0, "newsroom.base_url", text)

    def inspect(self) -> tuple[Problem, ...]:
        """Look over every variant and the whole in each language; the warnings.

        Raises:
            EditionError: something must be mended before this can be approved; all of it is named.
        """
        if fault := self.find_fault():
            raise EditionError(f"edition {self.edition.id}", "it must not go out like this", problems=(fault,))
        inspector = self.inspector()
        for content in self.contents():
            proof = self.proof(content)
            inspector.look(proof.letter, proof.html, proof.text, self.compile(proof))
        errors = tuple(problem for problem in inspector.problems if problem.severity == "error")
        if errors:
            raise EditionError(f"edition {self.edition.id}", "it must not go out like this", problems=errors)
        return inspector.problems

    def write_messages(self) -> Mapping[str, str]:
        """Compile every variant and keep it below var/variants/, durable when this returns; content hash -> message hash.

        Raises:
            StoreError: the folder cannot be written.
        """
        names = {}
        for variant in self.plan.variants:
            message = self.compile(self.proof(variant.content))
            with translate(self.place.site.var / "variants"):
                write_variant(self.place.site.var, message.hash, render_file(message))
            names[variant.content.hash] = message.hash
        return names


def carries_nothing(name: str) -> EditionError:
    """That an edition has no letter for anyone."""
    return EditionError(f"edition {name}", "it carries nothing to anyone", "Wait for a release, or import readers.")
