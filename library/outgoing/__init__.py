"""How bytes leave: stored files with ranges, copies with tags, archives of many tracks."""
