"""SQLite now, PostgreSQL later: the schema, its migrations, and all SQL.

`schema` has the tables, `migrating` brings a database up to date, `database` opens it and turns its faults into plain
errors, `releases`, `readers`, `editions` and `journal` are the everyday queries by subject, `ledger` the sender's hot path.
"""
