"""Evidence files: where bytes are kept, what they are proved to be, who scans them, how they are served.

Nothing is imported here: the child process that opens uploads starts in this package and must start fast.
"""
