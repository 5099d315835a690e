"""How files leave the site: stored files with ranges, tagged copies, ZIP archives of many tracks."""
