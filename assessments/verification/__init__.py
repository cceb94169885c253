"""Verification: a firm checks a case, writes findings, and the supplier answers before anybody reads them.

Read assignment first (who checks, independence, checks and maturity), then firms, notes and recording,
clarification, finding, unshared_findings (drafts of findings), fact_check and deadlines.
"""
