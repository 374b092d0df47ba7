"""The public site on disk.

`photos` re-encodes photos and keeps the renditions, `output` writes the files of public/: only changed bytes, each file at
once, and takes away what an earlier run wrote and this one no longer makes. `build` gathers all files of a newsroom.
"""
