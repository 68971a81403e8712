"""The web review of past advisories: pages for people who do not read tables, and Datasette for those who do.

Nothing here is imported before `advisor review` runs; Datasette comes with the extra `review`.
"""
