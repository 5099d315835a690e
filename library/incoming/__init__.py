"""How files arrive: upload handler and ZIP archives. Does not use the database."""
