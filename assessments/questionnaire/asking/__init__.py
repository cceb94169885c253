"""Of whom what is asked, and why: the walk over facts and answers, its reasons, companies in a few words."""
