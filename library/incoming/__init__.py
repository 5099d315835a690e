"""How bytes arrive: received on the way in, hashed and counted, and taken out of archives. No database."""
