"""Everything that cannot be made again, in one file: from the command line or the console, while the server runs."""
