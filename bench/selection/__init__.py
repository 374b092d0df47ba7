"""A model world in which the selection of editions is tried out on random histories.

    newsroom    items are written, published, corrected, withdrawn: a release log grows
    readers     people sign up, leave, return, change their minds
    editions    editions are prepared, approved, frozen; deliveries are stopped, sent, answered, decided, settled
    oracle      what was promised to readers, judged by the log and by what they really got, never by our own rules
    histories   one random history from a seed: some hundred steps, then everything comes to rest
    mutants     worlds with one clause of the rule broken, each of which the oracle must notice

The world calls `digest.editions` for every decision; all else here is the least that can surround it: no mail, no
database, days instead of clocks. `bench/selection_histories.py` plays many histories, the tests play some. Both
import this folder as `bench.selection`, which the development install makes importable from the checkout.
"""
