"""What one side reads of its own, put together from the rooms below: frozen rows, nothing is changed here.

Read workbench (whoever checks a case), then vault and own_results (the supplier), and asks_told (what a
buyer's list of standards tells, to the buyer and to a supplier it asks).
"""
