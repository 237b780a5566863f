"""ActivityStreams 2 as data: no I/O, no database, no settings.

Documents are read by their compact names, tolerantly; who a document speaks for is read strictly (`origin`).
Nothing here expands JSON-LD or loads a context.
"""
