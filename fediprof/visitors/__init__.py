"""Visitors: people with an account on another server who look at pages here as themselves.

Three ways in: their own server says who they are (`login`, `provider`), they send a code in a private message
(`codes`), or they open a link that was sent to them (`links`). What they may then read is decided by `profiles`.
"""
