"""The people of the newsroom who use the desk: what each may do, and how it is known that it is they.

Pure: no clock, no database. `roles` says who may do what, `members` who there is, `passwords` and `codes` how somebody
proves to be one of them, `sessions` how long that counts, `throttling` how often it may be tried.
"""
