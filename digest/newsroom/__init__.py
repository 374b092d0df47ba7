"""The release log as pure decisions, and the newsroom as it is public at a moment.

`log` has the events, `releasing` decides which events a publish appends (facts and now in, events out), `public` folds the
log to the newsroom that feeds, pages and editions are built from. Nothing here touches a file, a database or a clock.
"""
