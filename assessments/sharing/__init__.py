"""Sharing: a supplier lets a buyer read parts of its results, and sees that the buyer looked.

Read disclosure first (the records). What a buyer reads: projection, portfolio, reading, asks. What a supplier
decides: matching, granting, requesting, following. What it sees of that: given, ledger, looks.
"""
