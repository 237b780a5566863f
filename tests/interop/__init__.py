"""Servers as they are: processes, sockets, TLS, and software that is not ours. Nothing here looks inside a server."""
