"""What an item is, and how item files become items.

`model` has the values, `reading` turns the text of one file into an item or its problems, `folder` alone touches files,
`markdown` makes HTML of a body, `importing/` turns other people's pages into item files.
"""
