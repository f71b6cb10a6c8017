"""Figures that follow the data: standing results kept current, runs published.

One process does it, whichever holds the lock: it waits for commits, measures again what
they touched, and writes rows, state and events in one transaction. Ended at any moment
it loses nothing: what is stored says at which versions it stands, and the next one
begins from there.
"""
