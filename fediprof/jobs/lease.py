"""For how long work taken on is nobody else's: rows of the inbox, hosts to deliver to, jobs.

Short, and renewed while the process lives: what a killed one held is taken up again within half a minute, by whichever
process comes by. Where a lease runs out under a process that only stood still, something is done twice; all of it may be.
"""

from __future__ import annotations

from datetime import timedelta

LEASE = timedelta(seconds=30)
RENEWED_EVERY = timedelta(seconds=8)
