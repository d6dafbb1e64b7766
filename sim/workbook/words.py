"""Names, units and bands in the reader's language, for the cells of a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.axes import UNALLOCATED, Name
from sim.baseline.plan import MEANS, Assumption, Baseline, Target
from sim.cube import Driver, Probability, name_of, unit_of
from sim.tables.figures import bare_chance
from sim.tables.wording import unfolded
from sim.texts import say, table
from sim.workbook.book import AS_SHOWN, BANDS, Column

PERCENT = "%"
LARGEST_WHOLE = 2**53
"""Up to here a spreadsheet holds every whole number."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the workbook of one plan says in one language."""

    plan: Baseline
    lang: str

    def label(self, key: str, **values: object) -> str:
        return say(f"book.{key}", self.lang, **values)

    def name(self, name: Name) -> str:
        return name.in_language(self.lang)

    def column(
        self, key: str, cells: Sequence[str | bool | int | float | None], form: str = "text"
    ) -> Column:
        """Return a column headed by the text ``book.<key>``."""
        return Column(self.label(key), cells, form)

    def area(self, area: str) -> str:
        if area == UNALLOCATED:
            return self.label("unallocated")
        known = (*self.plan.cities, self.plan.province)
        return next((self.name(each.name) for each in known if each.id == area), area)

    def quantity(self, quantity: str) -> str:
        """Return the name of an indicator or a derived quantity; an unknown id stands as it is."""
        known = {part.id for part in self.plan.indicators} | {part.id for part in self.plan.derived}
        return self.name(name_of(self.plan, quantity)) if quantity in known else quantity

    def unit(self, unit: str) -> str:
        key = f"unit.{unit}"
        return say(key, self.lang) if key in table() and unit != PERCENT else unit

    def unit_of(self, quantity: str) -> str:
        return self.unit(unit_of(self.plan, quantity))

    def value_unit(self, row: Probability) -> str | None:
        """Return the unit of a row's median and shortfall: per cent for mean growth, else its quantity's."""
        if row.p is None:
            return None
        return PERCENT if row.target.kind in MEANS else self.unit_of(row.quantity)

    def target(self, target: Target) -> str:
        return f"{target.id} {self.name(target.name)}"

    def band(self, p: float | None) -> str | None:
        """Return the band of *p* as it is shown, in words, so that colour is never alone."""
        if p is None:
            return None
        low = 0.0
        for high, _ in BANDS:
            if p < high - AS_SHOWN:
                break
            low = high
        if low == 0.0:
            return self.label("band-below", high=f"{100.0 * high:g}")
        if high > 1.0:
            return self.label("band-above", low=f"{100.0 * low:g}")
        return self.label("band", low=f"{100.0 * low:g}", high=f"{100.0 * high:g}")

    def answer(self, row: Probability, draws: int) -> str:
        """Return p as it should be read: a range where one assumption decides, else one number."""
        if row.p is None:
            return self.status(row.target)
        if not row.is_range() and self.band(row.p) != self.band(round(row.p, 2)):
            return f"{100.0 * row.p:.1f} %"  # 50 % beside the band below 50 % would contradict it
        return bare_chance(row, draws) + " %"

    def execution(self) -> str:
        """Return that the execution prior is on."""
        return say("execution.heading", self.lang)

    def seed(self, seed: int) -> int | str:
        """Return the seed as a number; as text where a spreadsheet's numbers would lose digits of it."""
        return seed if seed <= LARGEST_WHOLE else str(seed)

    def status(self, target: Target) -> str:
        return say(f"targets.{target.status}", self.lang)

    def group(self, group: str) -> str:
        """Return the name of a group of targets; a plan may have groups of its own."""
        key = f"book.group.{group}"
        return say(key, self.lang) if key in table() else group

    def driver(self, driver: Driver | None) -> str | None:
        return None if driver is None else self.name(driver.name)

    def assumption(self, assumption: Assumption) -> str:
        return self.name(assumption.name)

    def source(self, assumption: Assumption) -> str:
        """Return why an assumption is what it is, in Chinese where the plan folder says it in Chinese."""
        is_chinese = self.lang == "zh" and assumption.source_zh
        return unfolded(assumption.source_zh if is_chinese else assumption.source)
