"""The items as a site of Hugo's, with layouts of our own that make what our templates make."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.sites.items import Sample

__all__ = ["write_site"]

_CONFIG = """baseURL = "https://news.example.org/"
title = "The Newsroom: human rights news"
locale = "en"
disableKinds = ["section"]
[taxonomies]
topic = "topics"
sort = "sorts"
[outputs]
home = ["html", "rss"]
term = ["html", "rss"]
taxonomy = ["html"]
[params]
tagline = "Human rights news"
address = "1 Example Street, 10001 New York"
"""
_BASE = """<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<title>{{ .Title }} - {{ site.Title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" \
content="{{ with .Params.summary }}{{ . | truncate 200 }}{{ else }}{{ site.Params.tagline }}{{ end }}">
<link rel="canonical" href="{{ .Permalink }}">
<meta property="og:title" content="{{ .Title }}">
<meta property="og:url" content="{{ .Permalink }}">
{{ with .Params.topics }}{{ range . }}<link rel="alternate" type="application/rss+xml" href="/topics/{{ . }}/index.xml" \
title="{{ . }}">
{{ end }}{{ end }}<link rel="alternate" type="application/rss+xml" href="/index.xml" title="{{ site.Title }}">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
{{ partialCached "masthead.html" . }}
<main id="main">{{ block "main" . }}{{ end }}</main>
{{ partialCached "footer.html" . }}
</body>
</html>
"""
_CARD = """<article class="card"><p class="meta"><span class="label">{{ index .Params.sorts 0 }}</span> \
<time datetime="{{ .Date.Format "2006-01-02" }}">{{ .Date.Format "2 January 2006" }}</time></p>
<h3><a href="{{ .RelPermalink }}">{{ .Title }}</a></h3><p>{{ .Params.summary }}</p>
<p class="meta">{{ range .Params.topics }}<a href="/topics/{{ . }}/">{{ . }}</a> {{ end }}</p></article>
"""
_LAYOUTS = {
    "baseof.html": _BASE,
    "page.html": """{{ define "main" }}<article class="item"><header>
<p class="meta"><span class="label">{{ index .Params.sorts 0 }}</span> <time datetime="{{ .Date.Format "2006-01-02" }}">\
{{ .Date.Format "2 January 2006" }}</time>{{ range .Params.topics }} <a href="/topics/{{ . }}/">{{ . }}</a>{{ end }}</p>
<h1>{{ .Title }}</h1><p class="standfirst">{{ .Params.summary }}</p></header><div class="text">{{ .Content }}</div>
<section><h2>More on this</h2><ul>
{{ range .Params.topics }}<li><a href="/topics/{{ . }}/">{{ . }}</a></li>{{ end }}</ul></section>
</article>{{ end }}
""",
    "term.html": """{{ define "main" }}<h1>{{ .Title }}</h1>{{ range first 50 .Pages }}\
{{ .Render "card" }}{{ end }}{{ end }}
""",
    "card.html": _CARD,
    "taxonomy.html": """{{ define "main" }}<h1>{{ .Title }}</h1><ul>{{ range .Pages }}\
<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul>{{ end }}
""",
    "home.html": """{{ define "main" }}{{ range first 50 site.RegularPages }}{{ .Render "card" }}{{ end }}{{ end }}
""",
    "_partials/masthead.html": """<header class="masthead"><a href="/">{{ site.Title }}</a><nav><ul>
{{ range first 7 site.Taxonomies.topics.Alphabetical }}<li><a href="{{ .Page.RelPermalink }}">{{ .Page.Title }}</a></li>
{{ end }}<li><a href="/topics/">All topics</a></li></ul></nav></header>
""",
    "_partials/footer.html": """<footer><p>{{ site.Title }}, {{ site.Params.address }}</p></footer>
""",
    "rss.xml": """{{ printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{{ .Title }}</title><link>{{ .Permalink }}</link>
<description>{{ site.Params.tagline }}</description><language>en</language>
<atom:link href="{{ .Permalink }}index.xml" rel="self" type="application/rss+xml"/>
{{ $pages := .RegularPages }}{{ if .IsHome }}{{ $pages = site.RegularPages }}{{ end }}
{{ range first 50 $pages }}<item><title>{{ .Title }}</title><link>{{ .Permalink }}</link>
<guid isPermaLink="false">{{ .Permalink }}</guid><pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
{{ range .Params.topics }}<category>{{ . }}</category>{{ end }}<description>{{ .Params.summary }}</description>
<dc:creator>{{ site.Title }}</dc:creator>
<content:encoded>{{ .Content | html }}</content:encoded></item>
{{ end }}</channel></rss>
""",
}


def write_site(folder: Path, items: Iterable[Sample]) -> None:
    """A folder that `hugo` builds into public/: item, topic and kind pages, a feed for all, each topic and each kind."""
    for name, text in {**{f"layouts/{name}": text for name, text in _LAYOUTS.items()}, "hugo.toml": _CONFIG}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    content = folder / "content" / "items"
    content.mkdir(parents=True)
    for item in items:
        head = (
            f'---\ntitle: "{item.title}"\ndate: {item.day}\nsorts: [{item.kind}]\ntopics: [{", ".join(item.topics)}]\n'
            f'summary: "{item.summary}"\n---\n'
        )
        (content / f"{item.name}.md").write_text(head + item.body, "utf-8")
