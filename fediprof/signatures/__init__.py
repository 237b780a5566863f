"""Proofs of who sent what: HTTP signatures (two schemes) and proofs inside documents. Pure: a key is an argument.

Doors: `verify` for what comes in, `sign` for what goes out, `integrity.attach` for documents, `keys` for keys. Which
key belongs to whom, and whether its owner may say so, is decided elsewhere (federation, as2.origin).
"""
