"""Feeds: the newsroom as Atom 1.0, RSS 2.0, JSON Feed 1.1 and OPML 2.0 bytes.

`selection` decides which feeds there are and which items each holds, `entries` turns an item into what all formats say of
it, `extensions` mends feedgen, `xml_feeds` and `json_feed` write one format each, `documents` joins serialised entries to
whole documents, `opml` lists all feeds. Nothing here touches a clock, a file of the site, a socket or a database; equal
newsrooms give equal bytes.
"""
