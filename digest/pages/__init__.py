"""The public newsroom site: newsroom and plain values handed in, HTML pages out.

`pictures` and `views` turn items into what a page shows of them, `lists` gathers them to the front, topic and archive
pages, `frame` holds what every page has around them (masthead, footer, head, autodiscovery), `rendering` joins both with
the templates in `templates/pages/`, `crawlers` speaks to search engines, `site` is the one call that makes all pages, and
`edition_view` makes the web view of a digest. Nothing here knows a subscriber, a file, a clock or a database, and no page
differs from one reader to the next.
"""
