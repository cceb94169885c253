"""The demo world: made by acting through the real functions, not by inserting rows."""
