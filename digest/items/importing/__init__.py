"""Other people's pages become item files: `page` reads a newsroom page saved as text.

An import only proposes: topics it guesses and summaries that a page cut short are named in each item's `review`.
"""
