"""`python -m c4e_server.cli`: the same as `c4e-opt`."""

from c4e_server.cli.main import main

if __name__ == "__main__":
    main()
