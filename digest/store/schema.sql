-- The whole schema, as the migrations make it of nothing: what a new database begins with.

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE barred (
	list_id TEXT NOT NULL,
	item TEXT NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT barred_pkey PRIMARY KEY (list_id, item)
);

CREATE TABLE domain_pace (
	domain_key BLOB NOT NULL,
	not_before BIGINT NOT NULL,
	failures INTEGER NOT NULL,
	CONSTRAINT domain_pace_pkey PRIMARY KEY (domain_key)
);

CREATE TABLE edition (
	id TEXT NOT NULL,
	list_id TEXT NOT NULL,
	rhythm TEXT NOT NULL,
	period TEXT NOT NULL,
	part INTEGER DEFAULT 1 NOT NULL,
	extra SMALLINT DEFAULT 0 NOT NULL,
	state TEXT NOT NULL,
	revision INTEGER DEFAULT 1 NOT NULL,
	moment BIGINT NOT NULL,
	horizon BIGINT NOT NULL,
	choices TEXT DEFAULT '{}' NOT NULL,
	changed_by TEXT NOT NULL,
	changed_what TEXT NOT NULL,
	changed_at BIGINT NOT NULL,
	approved_hash TEXT,
	approved_by TEXT,
	approved_at BIGINT,
	manifest TEXT,
	frozen_hash TEXT,
	earliest_at BIGINT,
	started_at BIGINT,
	finished_at BIGINT,
	paused_by TEXT,
	paused_reason TEXT,
	audience_count INTEGER,
	archive TEXT, edited_by TEXT,
	CONSTRAINT edition_pkey PRIMARY KEY (id),
	CONSTRAINT edition_list_id_rhythm_period_part_key UNIQUE (list_id, rhythm, period, part)
);

CREATE TABLE fact (
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	CONSTRAINT fact_pkey PRIMARY KEY (name)
);

CREATE TABLE had (
	id INTEGER NOT NULL,
	hash TEXT NOT NULL,
	sent TEXT NOT NULL,
	CONSTRAINT had_pkey PRIMARY KEY (id),
	CONSTRAINT had_hash_key UNIQUE (hash)
);

CREATE TABLE interest (
	id INTEGER NOT NULL,
	hash TEXT NOT NULL,
	floors TEXT NOT NULL,
	CONSTRAINT interest_pkey PRIMARY KEY (id),
	CONSTRAINT interest_hash_key UNIQUE (hash)
);

CREATE TABLE journal (
	id INTEGER NOT NULL,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	via TEXT NOT NULL,
	action TEXT NOT NULL,
	subject TEXT NOT NULL,
	detail TEXT NOT NULL,
	CONSTRAINT journal_pkey PRIMARY KEY (id)
);

CREATE TABLE suppression (
	address_hash BLOB NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT suppression_pkey PRIMARY KEY (address_hash)
);

CREATE TABLE version (
	hash TEXT NOT NULL,
	content TEXT NOT NULL,
	CONSTRAINT version_pkey PRIMARY KEY (hash)
);

CREATE TABLE event (
	number INTEGER NOT NULL,
	type TEXT NOT NULL,
	item TEXT NOT NULL,
	at BIGINT NOT NULL,
	version TEXT NOT NULL,
	entry_id TEXT NOT NULL,
	published_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	entered TEXT NOT NULL,
	corrections INTEGER NOT NULL,
	photo TEXT,
	backfill SMALLINT NOT NULL, kind TEXT DEFAULT '' NOT NULL, language TEXT DEFAULT '' NOT NULL, root TEXT DEFAULT '' NOT NULL, day TEXT DEFAULT '' NOT NULL, topics TEXT DEFAULT '[]' NOT NULL, urgent SMALLINT DEFAULT 0 NOT NULL,
	CONSTRAINT event_pkey PRIMARY KEY (number),
	CONSTRAINT event_version_fkey FOREIGN KEY(version) REFERENCES version (hash)
);

CREATE INDEX event_item ON event (item);

CREATE TABLE subscription (
	id INTEGER NOT NULL,
	list_id TEXT NOT NULL,
	sealed BLOB NOT NULL,
	address_hash BLOB NOT NULL,
	domain_key BLOB NOT NULL,
	state TEXT NOT NULL,
	interest_id INTEGER NOT NULL,
	had_id INTEGER NOT NULL,
	rhythm TEXT NOT NULL,
	urgent SMALLINT DEFAULT 0 NOT NULL,
	language TEXT NOT NULL,
	form TEXT NOT NULL,
	epoch INTEGER DEFAULT 1 NOT NULL,
	confirmed_at BIGINT,
	confirmed_position BIGINT,
	paused_until BIGINT,
	left_at BIGINT,
	created_at BIGINT NOT NULL,
	CONSTRAINT subscription_pkey PRIMARY KEY (id),
	CONSTRAINT subscription_had_id_fkey FOREIGN KEY(had_id) REFERENCES had (id),
	CONSTRAINT subscription_interest_id_fkey FOREIGN KEY(interest_id) REFERENCES interest (id),
	CONSTRAINT subscription_list_id_address_hash_key UNIQUE (list_id, address_hash)
);

CREATE INDEX subscription_audience ON subscription (list_id, state, rhythm, interest_id, had_id, language, form, urgent, paused_until);

CREATE TABLE variant (
	id INTEGER NOT NULL,
	edition_id TEXT NOT NULL,
	hash TEXT NOT NULL,
	content TEXT NOT NULL,
	language TEXT NOT NULL,
	form TEXT NOT NULL,
	message_hash TEXT NOT NULL,
	stopped SMALLINT DEFAULT 0 NOT NULL,
	CONSTRAINT variant_pkey PRIMARY KEY (id),
	CONSTRAINT variant_edition_id_fkey FOREIGN KEY(edition_id) REFERENCES edition (id),
	CONSTRAINT variant_edition_id_hash_key UNIQUE (edition_id, hash)
);

CREATE TABLE consent (
	id INTEGER NOT NULL,
	subscription_id INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	form TEXT NOT NULL,
	words TEXT NOT NULL,
	language TEXT NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT consent_pkey PRIMARY KEY (id),
	CONSTRAINT consent_subscription_id_fkey FOREIGN KEY(subscription_id) REFERENCES subscription (id) ON DELETE CASCADE
);

CREATE INDEX consent_subscription_id ON consent (subscription_id);

CREATE TABLE delivery (
	id INTEGER NOT NULL,
	subject TEXT NOT NULL,
	edition_id TEXT,
	variant_id INTEGER,
	subscription_id INTEGER,
	epoch INTEGER NOT NULL,
	domain_key BLOB NOT NULL,
	lane SMALLINT DEFAULT 1 NOT NULL,
	state TEXT NOT NULL,
	stopped SMALLINT DEFAULT 0 NOT NULL,
	unknown_count SMALLINT DEFAULT 0 NOT NULL,
	attempt_count SMALLINT DEFAULT 0 NOT NULL,
	next_at BIGINT NOT NULL,
	sender INTEGER,
	code SMALLINT,
	reply TEXT,
	outcome_at BIGINT,
	settled SMALLINT DEFAULT 0 NOT NULL,
	created_at BIGINT NOT NULL, letter_id INTEGER CONSTRAINT delivery_letter_id_fkey REFERENCES letter (id),
	CONSTRAINT delivery_pkey PRIMARY KEY (id),
	CONSTRAINT delivery_edition_id_fkey FOREIGN KEY(edition_id) REFERENCES edition (id),
	CONSTRAINT delivery_subscription_id_fkey FOREIGN KEY(subscription_id) REFERENCES subscription (id) ON DELETE SET NULL,
	CONSTRAINT delivery_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES variant (id),
	CONSTRAINT delivery_edition_id_subscription_id_key UNIQUE (edition_id, subscription_id)
);

CREATE INDEX delivery_claims ON delivery (subscription_id) WHERE settled = 0;

CREATE INDEX delivery_due ON delivery (edition_id, lane, next_at, id) WHERE state = 'queued';

CREATE INDEX delivery_edition_state ON delivery (edition_id, state);

CREATE INDEX delivery_held ON delivery (id) WHERE state = 'held';

CREATE INDEX delivery_letter ON delivery (letter_id) WHERE letter_id IS NOT NULL;

CREATE INDEX delivery_open ON delivery (sender) WHERE state IN ('picked', 'inflight');

CREATE TABLE announcement (
	hub TEXT NOT NULL,
	address TEXT NOT NULL,
	queued_at BIGINT NOT NULL,
	next_at BIGINT NOT NULL,
	attempts INTEGER DEFAULT 0 NOT NULL,
	error TEXT DEFAULT '' NOT NULL,
	CONSTRAINT announcement_pkey PRIMARY KEY (hub, address)
);

CREATE TABLE press_feed (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	token_hash BLOB NOT NULL,
	created_at BIGINT NOT NULL,
	used_on TEXT,
	revoked_at BIGINT,
	CONSTRAINT press_feed_pkey PRIMARY KEY (id),
	CONSTRAINT press_feed_name_key UNIQUE (name),
	CONSTRAINT press_feed_token_hash_key UNIQUE (token_hash)
);

CREATE TABLE feed_count (
	day TEXT NOT NULL,
	path TEXT NOT NULL,
	full_count BIGINT DEFAULT 0 NOT NULL,
	unchanged_count BIGINT DEFAULT 0 NOT NULL,
	CONSTRAINT feed_count_pkey PRIMARY KEY (day, path)
);

CREATE TABLE feed_audience (
	day TEXT NOT NULL,
	path TEXT NOT NULL,
	agent TEXT NOT NULL,
	subscribers BIGINT NOT NULL,
	CONSTRAINT feed_audience_pkey PRIMARY KEY (day, path, agent)
);

CREATE TABLE topic_move (
	topic TEXT NOT NULL,
	target TEXT NOT NULL,
	position INTEGER NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT topic_move_pkey PRIMARY KEY (topic)
);

CREATE TABLE letter (
	id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	occasion TEXT,
	sealed BLOB,
	address_hash BLOB NOT NULL,
	link BLOB,
	message_hash TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	CONSTRAINT letter_pkey PRIMARY KEY (id),
	CONSTRAINT letter_occasion_key UNIQUE (occasion)
);

CREATE TABLE rate (
	name TEXT NOT NULL,
	count BIGINT NOT NULL,
	until BIGINT NOT NULL,
	CONSTRAINT rate_pkey PRIMARY KEY (name)
);

CREATE TABLE standing_approval (
	list_id TEXT NOT NULL,
	rhythm TEXT NOT NULL,
	manifest TEXT NOT NULL,
	approved_by TEXT NOT NULL,
	approved_at BIGINT NOT NULL,
	CONSTRAINT standing_approval_pkey PRIMARY KEY (list_id, rhythm)
);

CREATE TABLE request (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	state TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	address_hash BLOB NOT NULL, 
	network BLOB NOT NULL, 
	wish TEXT NOT NULL, 
	words TEXT NOT NULL, 
	page TEXT NOT NULL, 
	subscription_id INTEGER, 
	epoch INTEGER DEFAULT 0 NOT NULL, 
	agreed TEXT DEFAULT '' NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT request_pkey PRIMARY KEY (id), 
	CONSTRAINT request_subscription_id_fkey FOREIGN KEY(subscription_id) REFERENCES subscription (id) ON DELETE CASCADE
);

CREATE INDEX request_address ON request (address_hash);

CREATE INDEX request_new ON request (id) WHERE state = 'new';

CREATE INDEX request_subscription_id ON request (subscription_id);

CREATE INDEX subscription_address ON subscription (address_hash);

CREATE TABLE delivery_count (
	edition_id TEXT NOT NULL,
	variant_id INTEGER NOT NULL,
	state TEXT NOT NULL,
	code SMALLINT NOT NULL,
	doubted SMALLINT NOT NULL,
	count BIGINT NOT NULL,
	CONSTRAINT delivery_count_pkey PRIMARY KEY (edition_id, variant_id, state, code, doubted),
	CONSTRAINT delivery_count_edition_id_fkey FOREIGN KEY(edition_id) REFERENCES edition (id),
	CONSTRAINT delivery_count_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES variant (id)
);

CREATE TABLE staff (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	roles TEXT NOT NULL,
	state TEXT NOT NULL,
	password TEXT,
	code_key BLOB,
	code_step BIGINT,
	epoch INTEGER DEFAULT 1 NOT NULL,
	created_at BIGINT NOT NULL,
	CONSTRAINT staff_pkey PRIMARY KEY (id),
	CONSTRAINT staff_name_key UNIQUE (name)
);

CREATE TABLE staff_link (
	token_hash BLOB NOT NULL,
	purpose TEXT NOT NULL,
	staff_id INTEGER,
	created_by TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	CONSTRAINT staff_link_pkey PRIMARY KEY (token_hash),
	CONSTRAINT staff_link_staff_id_fkey FOREIGN KEY(staff_id) REFERENCES staff (id)
);

CREATE TABLE staff_session (
	id_hash BLOB NOT NULL,
	staff_id INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	device TEXT NOT NULL,
	said TEXT DEFAULT '' NOT NULL,
	created_at BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	proved_at BIGINT NOT NULL,
	CONSTRAINT staff_session_pkey PRIMARY KEY (id_hash),
	CONSTRAINT staff_session_staff_id_fkey FOREIGN KEY(staff_id) REFERENCES staff (id)
);

CREATE INDEX staff_session_staff_id ON staff_session (staff_id);

CREATE TABLE tally (
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT tally_pkey PRIMARY KEY (name)
);

CREATE TABLE reader_count (
	day TEXT NOT NULL,
	list_id TEXT NOT NULL,
	facet TEXT NOT NULL,
	value TEXT NOT NULL,
	count BIGINT NOT NULL,
	CONSTRAINT reader_count_pkey PRIMARY KEY (day, list_id, facet, value)
);

INSERT INTO alembic_version VALUES ('0006');
