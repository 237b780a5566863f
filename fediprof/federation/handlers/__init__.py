"""One file per activity: what it needs, who may, which command. The table of them is `federation.dispatch`.

A handler takes an `Inbound` and returns the outcome in words. It raises NotAllowed or Malformed to refuse, Unreachable
or TryLater to be called again later.
"""
