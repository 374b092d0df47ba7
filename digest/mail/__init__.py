"""From an edition's variant to a message whose copies cost a join.

`letter` is the view model and `filling` fills it from the newsroom; `fitting` keeps the HTML below the size at which mail
services cut a letter off; `pieces` renders and inlines the HTML piece by piece, `text` the plain text, `wording` the
sentences that both share; `headers` and `encoding` make the octets, `compile` the message with places for what differs in
a copy; `inspection` looks at what came out. The letters that are no editions are made by `single` (their model),
`single_filling`, `single_wording` and `single_message`. No personal data is known here.
"""
