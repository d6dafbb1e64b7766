"""Remakes the font of the pictures: the simplified Chinese face of Noto Sans CJK, cut to GB 2312.

    python sim/plots/font/make_subset.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

The collection comes with the Debian package fonts-noto-cjk. GB 2312 rather than its first level of
3,755 characters, because that one lacks 衢; its second level has 瓯 and 甬 stands in the first.
The same collection gives the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FACE = "Noto Sans CJK SC"
FAMILY = "Planodds Sans SC"
"""A name of its own, so that no installed font of the old name stands in for it."""

TARGET = Path(__file__).with_name("NotoSansSC-GB2312.otf")
LATIN = {*range(0x20, 0x7F), *range(0xA0, 0x180)}
MORE = set(map(ord, "㎡㎢‰−–—…‘’“”•·×÷±≈≠≤≥→←↑↓∞√∑Δμσ°℃№①②③④⑤⑥⑦⑧⑨⑩●○◐■□▲△▼▽◆◇★☆✓￥€"))


def gb2312() -> set[int]:
    """Return the code points of GB 2312: 6,763 characters and 682 signs and letters."""
    letters: set[int] = set()
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                letters.add(ord(bytes((row, cell)).decode("gb2312")))
            except UnicodeDecodeError:  # not every cell of the table is taken
                continue
    return letters


def face_of(collection: Path) -> TTFont:
    """Return the face of simplified Chinese; ValueError if the collection has none."""
    for font in TTCollection(str(collection)).fonts:
        if font["name"].getDebugName(1) == FACE:
            return font
    raise ValueError(f"{collection} has no face {FACE}")


def main(collection: Path) -> None:
    font = face_of(collection)
    font.recalcTimestamp = False
    options = Options(
        hinting=False, desubroutinize=False, layout_features=[], name_IDs=[0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    )
    options.notdef_outline = True
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=gb2312() | LATIN | MORE)
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6):
            record.string = FAMILY.replace(" ", "") if record.nameID in (3, 6) else FAMILY
    font.save(TARGET)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
