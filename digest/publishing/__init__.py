"""The public site on disk.

`build` gathers all outputs of a newsroom as groups of documents with keys, `photos` re-encodes photos and plans theirs, and
`output` makes a folder hold them: `manifest` knows what lies there, `replacing` decides what has to be made and written,
`judging` looks over what is new, `compressing` keeps compressed copies in step, `placing` alone touches files of the folder.
`unchanged` remembers what a run that found nothing changed had looked at.
"""
