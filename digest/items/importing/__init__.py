"""What others have published becomes item files.

Readers of sources give entries: `wordpress` (exports), `rest` (saved answers), `feeds` (RSS, Atom) and `json_feed`, upon
`sources`, which refuses what is no safe file. `markup` turns their HTML into Markdown (`html_tree`, `blocks`, `inline`,
`shortcodes`, `pictures`), `mapping` fits an entry to the newsroom (`topics`, `naming`), `planning` tells it against the
files that are there. `page` reads a newsroom page saved as text (`dates`, `credits`).

An import only proposes: what it guesses and what a source cut short is named in each item's `review`.
"""
