"""The people who read: addresses, keys, sealing, links, subscriptions and the reader file, all as rules without a database.

An address is judged once, in `addresses`, and lives sealed (`sealing`) under the site's keys (`keys`) ever after; `tokens`
makes the links that work without a login; `subscriptions` holds what a person asked for and what an import may do;
`readers_file` reads and writes the CSV that newsrooms bring along. Nothing here reads a clock or a database, and only
`keys` touches files. No error, `repr` or message made here holds an address.
"""
