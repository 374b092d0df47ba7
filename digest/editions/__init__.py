"""What a digest carries to whom: pure rules, without clock, file, socket or database.

    facts      the release log folded into what it says of each item at a horizon
    selection  what one edition carries to one group of readers, and what they had afterwards
    interests  floors of the topics that a reader follows; how interests and what was had become shared rows

    periods    which period an edition belongs to, and its id
    edition    one edition, what staff chose for it, and what may be done in each state
    content    what one variant carries, in the order in which it is read
    approval   what an approval signs, and what changed since

Nothing here knows a person: readers appear only as the interest, language and history that they share with others.
"""
