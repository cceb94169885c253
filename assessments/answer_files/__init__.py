"""Answers that come and go as files; nothing in a file counts before the supplier has seen what it changes.

Read compared first (what stands beside what would come), then taken (taking it over, and back), workbook (our
own workbook, for answering without a line), vsme and vsme_report (EFRAG's template, in and out).
"""
