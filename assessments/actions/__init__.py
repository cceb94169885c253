"""Corrective actions: what the supplier does about findings, agreed and checked by the firm.

Read action first (the record and its moves), then plan, proof, dates and talk, and outstanding (what a
supplier has still to do, over all its sites).
"""
