"""``python -m partwise``: the same as the command ``partwise``."""

from partwise.cli import main

if __name__ == "__main__":
    main()
