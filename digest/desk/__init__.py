"""All that staff can do, one function each: who, what, journal entry.

The command line and the web desk call the same functions. Each takes an open `Workplace` and plain values, does the thing in
one transaction with its line in the journal, and returns plain values to show.
"""
