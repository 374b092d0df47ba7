"""Feeds: the newsroom as Atom 1.0, RSS 2.0, JSON Feed 1.1 and OPML 2.0 bytes.

`naming` says what feeds are called, `catalogue` finds items by topic, kind and language, `lifecycle` knows what time alone
changes, `archives` which items stand in which page of an archive; of all that `selection` builds the feeds (`feed`), and
`press` the private ones. `entries` and `notices` turn what stands in a feed into what all formats say of it; `extensions`
mends feedgen; `xml_feeds`, `heads` and `json_feed` write the formats; `pieces` keeps serialised entries, `documents` joins
them; `opml` lists all feeds. `planning` hands over all documents with their keys. Nothing here touches a clock, a file of
the site, a socket or a database; equal newsrooms give equal bytes.
"""
