"""A real site in an empty folder on which random histories are played: what press desks do to files, and publishes between.

    files       item files as values: what each says, and how that is written down
    model       what ought to be public, worked out from the files by the words of the documentation, not by our code
    settings    newsroom.toml as it is changed on the way
    world       the site on disk and the steps that are taken on it, with the real desk functions
    reading     public/ as a reader of feeds and pages sees it, in plain values
    oracle      what was promised of public/, judged by the model and by what was public before
    histories   one random history from a seed, and the shortest that shows the same fault

`bench/publishing_histories.py` plays many histories, the tests play some. Every text that staff write holds a word that
occurs nowhere else, so that a word found in public tells which version of which field it came from.
"""
