"""``python -m segel``."""

from segel.app.cli import main

if __name__ == "__main__":
    main()
