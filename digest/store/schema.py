"""The schema, in SQLAlchemy Core: the same tables and types on SQLite and PostgreSQL.

Moments are whole seconds since 1970 in UTC, hashes are hexadecimal text or raw bytes, lists and maps are JSON text. The
tables follow the data: the release log, readers, editions, deliveries, and the journal of what staff did.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

__all__ = [
    "barred", "consent", "delivery", "delivery_count", "domain_pace", "edition", "event", "fact", "had", "interest",
    "journal", "metadata", "reader_count", "request", "staff", "staff_link", "staff_session", "subscription", "suppression",
    "tally", "variant", "version",
]  # fmt: skip

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)
_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER key
_FLAG = SmallInteger

fact = Table(
    "fact",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Single facts about this database, such as the fingerprint of the keys that its addresses are sealed under."""

version = Table(
    "version",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("content", Text, nullable=False),
)
"""Item versions: the canonical JSON of a validated content, named by its SHA-256."""

event = Table(
    "event",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("type", Text, nullable=False),
    Column("item", Text, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("version", Text, ForeignKey("version.hash"), nullable=False),
    Column("entry_id", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("entered", Text, nullable=False),
    Column("corrections", Integer, nullable=False),
    Column("photo", Text),
    Column("backfill", _FLAG, nullable=False),
    Column("kind", Text, nullable=False, server_default=text("''")),
    Column("language", Text, nullable=False, server_default=text("''")),
    Column("root", Text, nullable=False, server_default=text("''")),
    Column("day", Text, nullable=False, server_default=text("''")),
    Column("topics", Text, nullable=False, server_default=text("'[]'")),
    Column("urgent", _FLAG, nullable=False, server_default=text("0")),
)
"""The release log: append-only, numbered without gaps; `digest.newsroom.log.Line` has the same columns.

Behind `backfill` stand copies of what lists, feeds and mail choose items by, so that all is read without the contents.
"""

interest = Table(
    "interest",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("floors", Text, nullable=False),
)
"""Distinct choices of topics, each topic with the log position from which it counts; shared by subscriptions."""

had = Table(
    "had",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("sent", Text, nullable=False),
)
"""Distinct memories of what a subscription was sent: item -> corrections included; shared by subscriptions."""

subscription = Table(
    "subscription",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("list_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("address_hash", LargeBinary, nullable=False),
    Column("domain_key", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("interest_id", _NUMBER, ForeignKey("interest.id"), nullable=False),
    Column("had_id", _NUMBER, ForeignKey("had.id"), nullable=False),
    Column("rhythm", Text, nullable=False),
    Column("urgent", _FLAG, nullable=False, server_default=text("0")),
    Column("language", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("epoch", Integer, nullable=False, server_default=text("1")),
    Column("confirmed_at", BigInteger),
    Column("confirmed_position", BigInteger),
    Column("paused_until", BigInteger),
    Column("left_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("list_id", "address_hash"),
    Index("subscription_address", "address_hash"),
    Index(
        "subscription_audience",
        "list_id",
        "state",
        "rhythm",
        "interest_id",
        "had_id",
        "language",
        "form",
        "urgent",
        "paused_until",
    ),
)
"""A person's standing request for one list; the address is sealed and looked up by its keyed hash.

`subscription_audience` holds all that decides what most readers get, so that a million of them are counted without reading
their rows.
"""

consent = Table(
    "consent",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("subscription_id", _NUMBER, ForeignKey("subscription.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("epoch", Integer, nullable=False),
    Column("form", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""How a subscription came to be: the words shown or the evidence named, by which form, when, in which language."""

suppression = Table(
    "suppression",
    metadata,
    Column("address_hash", LargeBinary, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Addresses, as keyed hashes, that are never mailed again."""

barred = Table(
    "barred",
    metadata,
    Column("list_id", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)
"""Items that staff keep off a list for good."""

edition = Table(
    "edition",
    metadata,
    Column("id", Text, primary_key=True),
    Column("list_id", Text, nullable=False),
    Column("rhythm", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("part", Integer, nullable=False, server_default=text("1")),
    Column("extra", _FLAG, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("moment", BigInteger, nullable=False),
    Column("horizon", BigInteger, nullable=False),
    Column("choices", Text, nullable=False, server_default=text("'{}'")),
    Column("changed_by", Text, nullable=False),
    Column("changed_what", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("approved_hash", Text),
    Column("approved_by", Text),
    Column("approved_at", BigInteger),
    Column("manifest", Text),
    Column("frozen_hash", Text),
    Column("earliest_at", BigInteger),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("paused_by", Text),
    Column("paused_reason", Text),
    Column("audience_count", Integer),
    Column("archive", Text),
    Column("edited_by", Text),
    UniqueConstraint("list_id", "rhythm", "period", "part"),
)
"""Dated digests. `choices` are what staff set, `manifest` the pieces and settings that the approval covers."""

variant = Table(
    "variant",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("edition_id", Text, ForeignKey("edition.id"), nullable=False),
    Column("hash", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("message_hash", Text, nullable=False),
    Column("stopped", _FLAG, nullable=False, server_default=text("0")),
    UniqueConstraint("edition_id", "hash"),
)
"""Distinct contents of an edition; the ready message is a file below var/variants/ named by `message_hash`."""

request = Table(
    "request",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("address_hash", LargeBinary, nullable=False),
    Column("network", LargeBinary, nullable=False),
    Column("wish", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("subscription_id", _NUMBER, ForeignKey("subscription.id", ondelete="CASCADE"), index=True),
    Column("epoch", Integer, nullable=False, server_default=text("0")),
    Column("agreed", Text, nullable=False, server_default=text("''")),
    Column("at", BigInteger, nullable=False),
    Index("request_address", "address_hash"),
    Index("request_new", "id", sqlite_where=text("state = 'new'"), postgresql_where=text("state = 'new'")),
)
"""What people ask for on the web, whoever they are: to subscribe, the link to their choices, another address.

One row is written for each, the same for every address, and worked on after the answer. `sealed` is the address that was
typed, `network` a hash that changes daily of where it came from (for limits; emptied once judged), `wish` what was chosen
(JSON of ids), `words` and `page` what the person was shown and where. `subscription_id` and `epoch` are set when a reader
asks by a link of their own. `agreed` says which sides of a change of address have confirmed.
"""

letter = Table(
    "letter",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("occasion", Text, unique=True),
    Column("sealed", LargeBinary),
    Column("address_hash", LargeBinary, nullable=False),
    Column("link", LargeBinary),
    Column("message_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Single letters: the sealed address, what fills the link's place (sealed too), and the ready message.

Address and link are erased once the letter's delivery has come to rest. `occasion` names what is said once only.
"""

delivery = Table(
    "delivery",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("edition_id", Text, ForeignKey("edition.id")),
    Column("variant_id", _NUMBER, ForeignKey("variant.id")),
    Column("subscription_id", _NUMBER, ForeignKey("subscription.id", ondelete="SET NULL")),
    Column("epoch", Integer, nullable=False),
    Column("domain_key", LargeBinary, nullable=False),
    Column("lane", SmallInteger, nullable=False, server_default=text("1")),
    Column("state", Text, nullable=False),
    Column("stopped", _FLAG, nullable=False, server_default=text("0")),
    Column("unknown_count", SmallInteger, nullable=False, server_default=text("0")),
    Column("attempt_count", SmallInteger, nullable=False, server_default=text("0")),
    Column("next_at", BigInteger, nullable=False),
    Column("sender", Integer),
    Column("code", SmallInteger),
    Column("reply", Text),
    Column("outcome_at", BigInteger),
    Column("settled", _FLAG, nullable=False, server_default=text("0")),
    Column("created_at", BigInteger, nullable=False),
    Column("letter_id", _NUMBER, ForeignKey("letter.id")),
    UniqueConstraint("edition_id", "subscription_id"),
    Index(
        "delivery_due",
        "edition_id",
        "lane",
        "next_at",
        "id",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index("delivery_held", "id", sqlite_where=text("state = 'held'"), postgresql_where=text("state = 'held'")),
    Index(
        "delivery_open",
        "sender",
        sqlite_where=text("state IN ('picked', 'inflight')"),
        postgresql_where=text("state IN ('picked', 'inflight')"),
    ),
    Index(
        "delivery_claims",
        "subscription_id",
        sqlite_where=text("settled = 0"),
        postgresql_where=text("settled = 0"),
    ),
    Index("delivery_edition_state", "edition_id", "state"),
    Index(
        "delivery_letter",
        "letter_id",
        sqlite_where=text("letter_id IS NOT NULL"),
        postgresql_where=text("letter_id IS NOT NULL"),
    ),
)
"""The ledger: one letter to one subscription, or a single letter to any address.

`settled` is 1 once the outcome is in `had`, or never will be.
"""

delivery_count = Table(
    "delivery_count",
    metadata,
    Column("edition_id", Text, ForeignKey("edition.id"), primary_key=True),
    Column("variant_id", _NUMBER, ForeignKey("variant.id"), primary_key=True),
    Column("state", Text, primary_key=True),
    Column("code", SmallInteger, primary_key=True),
    Column("doubted", _FLAG, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""How many deliveries of an edition ended how, of those whose rows are forgotten; `code` is 0 without an answer of a relay.

`doubted` says that the reader may have got a second copy.
"""

domain_pace = Table(
    "domain_pace",
    metadata,
    Column("domain_key", LargeBinary, primary_key=True),
    Column("not_before", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
)
"""Receiving domains, as keyed hashes, that asked us to wait."""

rate = Table(
    "rate",
    metadata,
    Column("name", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""How many letters passed each gate of `digest.delivery.pacing` in its span; a row is worth nothing from `until` on."""

standing_approval = Table(
    "standing_approval",
    metadata,
    Column("list_id", Text, primary_key=True),
    Column("rhythm", Text, primary_key=True),
    Column("manifest", Text, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("approved_at", BigInteger, nullable=False),
)
"""What staff approved once for all editions of a list and rhythm: templates, languages, settings, each with its hash."""

journal = Table(
    "journal",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Who did what, when, by which door; never an address."""

announcement = Table(
    "announcement",
    metadata,
    Column("hub", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("queued_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", Text, nullable=False, server_default=text("''")),
)
"""Feed addresses that a WebSub hub has yet to be told of; a row goes when the hub has it, or was asked in vain for long."""

press_feed = Table(
    "press_feed",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("used_on", Text),
    Column("revoked_at", BigInteger),
)
"""Private feeds of accredited press: the SHA-256 of the token in each address, never the token; `used_on` is a day."""

feed_count = Table(
    "feed_count",
    metadata,
    Column("day", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("full_count", BigInteger, nullable=False, server_default=text("0")),
    Column("unchanged_count", BigInteger, nullable=False, server_default=text("0")),
)
"""How often a feed was fetched on a day (UTC): answered in full, and with 304. No addresses, no names of people."""

feed_audience = Table(
    "feed_audience",
    metadata,
    Column("day", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("subscribers", BigInteger, nullable=False),
)
"""How many subscribers an aggregator said it fetches a feed for, on a day (UTC)."""

topic_move = Table(
    "topic_move",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("position", _NUMBER, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""When a topic was first seen to go on in another one: the log position from which its readers follow that one."""

staff = Table(
    "staff",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("roles", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("password", Text),
    Column("code_key", LargeBinary),
    Column("code_step", BigInteger),
    Column("epoch", Integer, nullable=False, server_default=text("1")),
    Column("created_at", BigInteger, nullable=False),
)
"""Members of staff: roles as a JSON list, the password as an argon2id hash, the second factor's key sealed, and the last
time step whose code was taken, so that none counts twice. Removed ones stay, for the journal's sake."""

staff_link = Table(
    "staff_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("staff_id", _NUMBER, ForeignKey("staff.id")),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Links that open the desk once (`first`, `invitation`, `reset`): the SHA-256 of the token, never the token."""

staff_session = Table(
    "staff_session",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("staff_id", _NUMBER, ForeignKey("staff.id"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("device", Text, nullable=False),
    Column("said", Text, nullable=False, server_default=text("''")),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("proved_at", BigInteger, nullable=False),
    Index("staff_session_staff_id", "staff_id"),
)
"""Who is signed in: the SHA-256 of the cookie's value; `said` is what the next page has to say; `proved_at` when the
password was last given."""

tally = Table(
    "tally",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Numbers that pages show, as JSON, and when they were counted: no page counts rows itself."""

reader_count = Table(
    "reader_count",
    metadata,
    Column("day", Text, primary_key=True),
    Column("list_id", Text, primary_key=True),
    Column("facet", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""How many readers a list had at the end of a day (UTC), by `state`, `topic`, `rhythm`, `language`, `form` and `source`."""
