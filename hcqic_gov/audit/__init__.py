"""Who did what to what, when, under which policy: append-only and hash-chained."""
