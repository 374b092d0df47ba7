"""The public newsroom site: newsroom and plain values handed in, HTML pages out.

Planning comes first: `site` gives all pages in groups, each with a key over what its bytes follow from, which `facts` tells
without reading a single text; `plan` is what all groups share. Only then are pages rendered, those that somebody wants:
`pictures` and `views` turn items into what a page shows of them, `lists` gathers them, `frame` holds what every page has
around them (masthead, footer, head), `rendering` joins both with the templates in `templates/pages/`. The groups are made by
`item_pages`, `topic_pages`, `feed_pages` (with `feed_groups`), `archive` and `crawlers`, which speaks to search engines;
`edition_view` makes the web view of a digest. Nothing here knows a subscriber, a file, a clock or a database, and no page
differs from one reader to the next.
"""
