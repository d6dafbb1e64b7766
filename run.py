# coding: utf-8
"""Sets up what is missing, then does what the command line asks: ``python3 run.py --help``.

Every Python since 2.7 can read this file, so that an old one is refused in a sentence.
"""

import gc
import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
YOUNG = 50000  # new objects after which Python looks for cycles among them; 700 unless it is told

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
        # What a start imports and reads stays to the end: to search it for cycles, while it grows and once
        # more at the end, takes half a second and finds nothing.
        gc.set_threshold(YOUNG)

        from sim import cli

        code = cli.main(sys.argv[1:])
        gc.freeze()
        sys.exit(code)
    except KeyboardInterrupt:  # before there is anybody who could say so
        sys.exit(3)
