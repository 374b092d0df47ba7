"""Newsrooms of any size for measuring: the same items as a site of ours and as a site of Hugo's.

`items` makes the texts from a seed, `ours` and `hugo` write them as each program wants them. Hugo's layouts make what ours
make: a page for each item with masthead, topics and head, a page of fifty items for each topic, and feeds with whole texts.
"""
