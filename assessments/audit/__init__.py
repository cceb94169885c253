"""The audit trail: what happened, who did it, and that nobody changed it afterwards.

Read events first (the one row that every move writes), then merkle and sealing, tampering (the check), and
history (the trail of one assessment in words).
"""
