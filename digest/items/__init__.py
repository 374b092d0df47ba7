"""What an item is, and how item files become items.

`model` has the values, `reading` turns the text of one file into an item or its problems; `scanning`, `folder` and
`rewriting` alone touch files, `keeping` spares reading them again; `editing` writes corrections into their texts, `markdown`
makes HTML of a body, `importing/` turns what others have published into item files.
"""
