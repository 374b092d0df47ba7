"""The desk over HTTP: server-rendered pages for staff, complete without script.

`visiting` is what a handler sees and answers, `doors` the table of all addresses with the right that each wants, `app` the
one place where host, session, right and form are judged before a handler runs. Each other module holds the pages of one part
of the desk; each handler calls acts of `digest.desk` and nothing deeper.
"""
