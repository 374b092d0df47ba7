"""A small world in which every interleaving of senders, relay, readers and staff is played through on the real ledger.

    database    a few deliveries in memory; the store's own functions work on it, and any state of it can be put back
    states      what is on the wire, who lives, what people did: with the rows it is all that matters of a moment
    steps       what can happen next: each step of a sender, each answer of the relay, each kill, each act of people
    oracle      what was promised, judged by the wire and by what people did, never by the rules
    exploring   all states that can be reached, each once, until a promise breaks or none is left
    worlds      how many letters and senders there are, and how often what may befall them
    mutants     a ledger with one of its rules taken away, each of which must break a promise

Time, tries and words are left out: whatever waits is due; the random histories in the tests have them. A kill before the
ledger's answer is heard is no step of its own: what is durable then is as behind a kill right after it, where the letter let
go counts as on the wire, which promises more. `python -m bench.ledger_model` explores larger worlds than the tests.
"""
