"""The answer sheet of an assessment: read in one statement, written answer by answer, handed in.

Read contents first (what a sheet is), then statement, memory and reading (how it is read), certificates (what
they offer on it), writing, profile, answering and linking (how it is written), and snapshot (handing it in).
"""
