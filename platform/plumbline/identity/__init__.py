"""Who is there: passwords, sessions, tokens, throttling. Second factor and single sign-on come beside."""
