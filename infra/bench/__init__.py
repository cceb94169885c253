"""What our main requests cost over a bare floor that reads and writes the same rows (`make bench`)."""
