# coding: utf-8
"""Sets up what is missing, then does what the command line asks: ``python3 run.py --help``.

Every Python since 2.7 can read this file, so that an old one is refused in a sentence.
"""

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))

if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit(
            "planodds 需要 Python 3.11 或更新的版本，这里是 %d.%d。"
            " planodds needs Python 3.11 or newer, and this is %d.%d." % (sys.version_info[:2] * 2)
        )
    sys.path.insert(0, ROOT)

    try:
        from sim import bootstrap

        bootstrap.enter(ROOT, sys.argv[1:])

        from sim import cli

        sys.exit(cli.main(sys.argv[1:]))
    except KeyboardInterrupt:  # before there is anybody who could say so
        sys.exit(3)
