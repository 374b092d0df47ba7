"""How a letter leaves: the ledger's port, the sender's loop, the transports, and what every answer of a relay means.

Deciding is pure and stands apart: `transitions` (what becomes of a delivery), `verdicts` (what a reply means), `pace` (how
long to wait), `relay` (which way letters go). Acting is thin: `sender` and `connection` (the loop), `smtp` and `outbox`
(the transports). `ledger` is the port that the store implements; nothing here knows a database.
"""
