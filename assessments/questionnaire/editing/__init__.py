"""A pack under an author's hands: files in memory, moves on them, sheets and outlines for forms."""
