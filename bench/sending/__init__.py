"""Senders to be measured beside each other: `campaign` makes what is sent, `clients` sends it, `relays` takes it."""
