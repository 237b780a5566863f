"""`python -m fediprof`: the same as the command `fediprof`."""

from fediprof.cli.main import main

if __name__ == "__main__":
    main()
