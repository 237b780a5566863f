"""fediprof: a federated (ActivityPub) server for professional life."""

__version__ = "0.1.0"
