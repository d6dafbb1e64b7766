"""Growth of the model page in plain Python, for `tests/oracle.py`: sections 1, 4 (drift, shocks) and 10."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sim.baseline.calibration import Calibration, Estimate, SeriesCalibration
from sim.baseline.plan import Assumption, Baseline, Indicator
from sim.scenario.scenario import Scenario, Shock
from sim.shocks import Course
from sim.streams import Source
from tests.oracle_numbers import NORMAL, logit, narrow_normal, share_of_course, size_at, triangular, uniform

POSITIVE = ("sd", "tau", "year_sd", "exit")
BOUNDS = {"phi": (-0.9, 0.95), "lam": (0.0, 1.0), "damp": (0.0, 1.0), "slope": (0.0, 1.0)}
PROVINCE = ""


@dataclass
class OracleGrowth:
    """Parameters, bases, drift and shocks of the first *count* draws of one set of a scenario."""

    baseline: Baseline
    scenario: Scenario
    block: int
    set_in_block: int
    count: int
    _uniforms: dict[tuple[Source, int], float] = field(default_factory=dict)
    _known: dict[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        b, s = self.baseline, self.scenario
        assert b.calibration is not None
        self.calibration: Calibration = b.calibration
        self.set_number = self.block * 16 + self.set_in_block
        self.years = range(len(b.years))
        self.cities = [c.id for c in b.cities]
        self.indicators = {i.id: i for i in b.indicators}
        self.with_cities = [i.id for i in b.indicators if i.scope == "cities"]
        dof = self.calibration.dof.value if s.noise.dof is None else s.noise.dof
        self.dof = dof
        self.factors = sorted({f for level in self.calibration.loadings.values() for f in level.load})
        self.series = {i: self.chosen_series(ind) for i, ind in self.indicators.items()}
        self.path = {
            (area, i.id): [float(x) for x in b.path[row, k]]
            for k, i in enumerate(b.indicators)
            for row, area in enumerate([*self.cities, PROVINCE])
        }
        self.find_bases()
        self.find_plan()
        self.drifts = {pair: self.drift(*pair) for pair in self.base}

    # --- random numbers and parameters ---------------------------------------------------------

    def uniform(self, source: Source, draw: int) -> float:
        return self.luck(source, self.block * 4096 + self.set_in_block * 256 + draw)

    def normal(self, source: Source, draw: int) -> float:
        if source.name in ("city", "city:drift"):
            number = self.block * 4096 + self.set_in_block * 256 + draw
            return narrow_normal(self.scenario.seed, source, number)
        return NORMAL.inv_cdf(self.uniform(source, draw))

    def set_uniform(self, source: Source, number: int) -> float:
        return self.luck(source, number)

    def luck(self, source: Source, number: int) -> float:
        """Return a uniform; parameters are asked for by every draw of a set, and made once."""
        if (source, number) not in self._uniforms:
            self._uniforms[source, number] = uniform(self.scenario.seed, source, number)
        return self._uniforms[source, number]

    def estimate(self, name: str, estimate: Estimate, kind: str) -> float:
        """Return an estimate as this set draws it; *kind* names its field."""
        if estimate.method.startswith("assumption:"):
            return self.assumption(estimate.method.removeprefix("assumption:"))
        if self.scenario.noise.parameters == "fixed" or estimate.se == 0.0:
            return estimate.value
        z = NORMAL.inv_cdf(self.set_uniform(Source("parameter", indicator=name), self.set_number))
        if kind in POSITIVE and estimate.value > 0.0:
            variance = math.log(1.0 + (estimate.se / estimate.value) ** 2)
            lowered = variance / 2.0 if kind == "exit" else variance  # of a spread the mean square stays
            return estimate.value * math.exp(math.sqrt(variance) * z - lowered)
        low, high = (0.0, math.inf) if kind in POSITIVE else BOUNDS.get(kind, (-math.inf, math.inf))
        return min(max(estimate.value + estimate.se * z, low), high)

    def assumption(self, ident: str) -> float:
        a: Assumption = self.scenario.assumptions.get(ident, self.baseline.assumptions[ident])
        if self.scenario.noise.parameters == "fixed":
            return a.central
        source = Source("parameter", indicator="assumption:" + ident)
        return triangular(a.low, a.central, a.high, self.set_uniform(source, self.set_number))

    def chosen_series(self, indicator: Indicator) -> str:
        """Return the proxy of this set: of m proxies each run of m sets takes each once."""
        names = self.calibration.indicators[indicator.id].series
        first = self.set_number - self.set_number % len(names)
        source = Source("proxy", indicator=indicator.id)
        luck = [self.set_uniform(source, first + i) for i in range(len(names))]
        mine = luck[self.set_number - first]
        return names[sum(u < mine for u in luck)]

    def parameter(self, ident: str, kind: str) -> float:
        name = self.series[ident]
        if (name, kind) not in self._known:
            known: SeriesCalibration = self.calibration.series[name]
            self._known[name, kind] = self.estimate(f"{kind}:{name}", getattr(known, kind), kind)
        return self._known[name, kind]

    # --- bases, plan growth, drift -------------------------------------------------------------

    def find_bases(self) -> None:
        """Find base levels by (area, indicator), and the log ratio of province to cities by year."""
        b = self.baseline
        self.base: dict[tuple[str, str], float] = {}
        self.log_ratio: dict[str, list[float]] = {}
        self.ratio_sd: dict[str, float] = {}
        for ident, ind in self.indicators.items():
            if ind.scope == "province":
                value = b.history(str(ind.base_series), b.province.id)[b.base_year].value
                self.base[PROVINCE, ident] = value
                continue
            first = 1 if ind.kind == "count" else 0
            ratios = [
                math.log(
                    self.path[PROVINCE, ident][t] / math.fsum(self.path[c, ident][t] for c in self.cities)
                )
                if t >= first
                else math.nan
                for t in range(len(b.years) + 1)
            ]
            self.log_ratio[ident] = ratios[1:]
            changes = [y - x for x, y in zip(ratios[first:], ratios[first + 1 :], strict=False)]
            self.ratio_sd[ident] = math.sqrt(sum(x * x for x in changes) / len(changes))
            for area in [*self.cities, PROVINCE]:
                self.base[area, ident] = self.path[area, ident][first]
            if ind.base == "actual":
                self.rescale(ind, math.exp(ratios[0]))

    def rescale(self, ind: Indicator, ratio: float) -> None:
        """Put the province's actual for its printed base; cities without an actual follow as one."""
        b = self.baseline
        total = b.history(str(ind.base_series), b.province.id)[b.base_year].value
        actual = {c: b.history(str(ind.base_series), c).get(b.base_year) for c in self.cities}
        known = sum(f.value for f in actual.values() if f is not None)
        rest = sum(self.base[c, ind.id] for c, f in actual.items() if f is None)
        for c, f in actual.items():
            self.base[c, ind.id] = (
                f.value if f is not None else self.base[c, ind.id] * (total / ratio - known) / rest
            )
        self.base[PROVINCE, ind.id] = total

    def growth_between(self, ind: Indicator, before: float, now: float) -> float:
        if ind.kind == "rate":
            return logit(now / 100.0) - logit(before / 100.0)
        return now / before - 1.0

    def find_plan(self) -> None:
        """Find the plan's growth by (area, indicator), replaced paths included, and forced growth."""
        self.plan: dict[tuple[str, str], list[float]] = {}
        self.forced: dict[str, list[float]] = {}
        for (area, ident), path in self.path.items():
            ind = self.indicators[ident]
            if math.isnan(path[-1]):
                self.plan[area, ident] = [0.0 for _ in self.years]
            else:
                start = [path[1]] if ind.kind == "count" else path[:1]
                levels = start + path[1:]
                self.plan[area, ident] = [
                    self.growth_between(ind, levels[t], levels[t + 1]) for t in self.years
                ]
        province = self.baseline.province.id
        for path_ in sorted(self.scenario.paths, key=lambda p: p.area != province):
            self.replace(path_.area, path_.indicator, dict(path_.levels))

    def replace(self, area: str, ident: str, wanted: dict[int, float]) -> None:
        ind, years = self.indicators[ident], self.baseline.years
        key = (PROVINCE if area == self.baseline.province.id else area, ident)
        growth = list(self.plan[key])
        for t, year in enumerate(years):
            if year in wanted:
                known = self.path[key][t if ind.kind != "count" or t > 0 else 1]
                growth[t] = self.growth_between(ind, wanted.get(year - 1, known), wanted[year])
        if ind.scope == "province" and ind.growth == "trend":
            self.forced[ident] = growth
        elif ind.scope == "cities" and key[0] == PROVINCE:
            for c in self.cities:
                self.plan[c, ident] = [
                    x + new - old
                    for x, new, old in zip(self.plan[c, ident], growth, self.plan[key], strict=True)
                ]
        if ident not in self.forced:
            self.plan[key] = growth

    def trend(self, ident: str) -> list[float]:
        """Return the province's trend growth (logit units of a rate)."""
        ind = self.indicators[ident]
        plan = self.plan[PROVINCE, ident]
        if not self.calibration.indicators[ident].has_trend:
            return plan
        mu, own, lam, damp, phi, last = (
            self.parameter(ident, f) for f in ("mu", "own", "lam", "damp", "phi", "last_year_effect")
        )
        result = []
        for t in self.years:
            g = mu + damp ** (t + 1) * lam * (own - mu) + phi ** (t + 1) * last
            result.append(g if ind.kind == "rate" else math.exp(g) - 1.0)
        if ind.kind == "count":
            result[0] = plan[0]
        return result

    def weight(self, ident: str) -> float:
        growth = self.scenario.growth
        if self.indicators[ident].growth == "trend":
            return 0.0
        if growth.source == "blend":
            return self.assumption("blend_weight") if growth.weight is None else growth.weight
        return 1.0 if growth.source == "plan" else 0.0

    def left_of_own_drift(self, ident: str) -> float:
        """Return what is left of tau^2 once the trend, as far as it counts, has used the own growth."""
        if self.indicators[ident].kind == "rate" or not self.calibration.indicators[ident].has_trend:
            return 1.0
        lam, damp, phi, sd, tau = (self.parameter(ident, f) for f in ("lam", "damp", "phi", "sd", "tau"))
        first, last = self.calibration.series[self.series[ident]].window
        n = last - first
        mean = sum(phi ** abs(a - b) for a in range(n) for b in range(n)) / n**2
        kept = lam * sum(damp ** (t + 1) for t in self.years) / len(self.years)
        used = 1.0 if tau == 0.0 else min(1.0, kept**2 * (tau**2 + sd**2 * mean) / tau**2)
        return 1.0 - (1.0 - self.weight(ident)) * used

    def gap_variance(self, ident: str) -> float:
        """Return ``w (1 - w) gap^2`` of mean log growth."""
        rate = self.indicators[ident].kind == "rate"
        mean = [
            sum(g if rate else math.log(1.0 + g) for g in growth) / len(growth)
            for growth in (self.plan[PROVINCE, ident], self.trend(ident))
        ]
        w = self.weight(ident)
        return w * (1.0 - w) * (mean[0] - mean[1]) ** 2

    def drift(self, area: str, ident: str) -> list[float]:
        w = self.weight(ident)
        trend = self.trend(ident)
        if area != PROVINCE and self.calibration.indicators[ident].has_trend:
            province = self.plan[PROVINCE, ident]
            trend = [p + x - y for p, x, y in zip(self.plan[area, ident], trend, province, strict=True)]
            logs = [math.log(max(1.0 + g, 0.01)) for g in trend]
            cap = self.calibration.series[self.series[ident]].cap.value
            excess = max(sum(logs) / len(logs) - cap, 0.0)
            trend = [math.exp(g - excess) - 1.0 for g in logs]
        elif area != PROVINCE:
            trend = self.plan[area, ident]
        drift = [w * p + (1.0 - w) * x for p, x in zip(self.plan[area, ident], trend, strict=True)]
        drift = self.forced.get(ident, drift)
        return self.adjusted(area, ident, drift)

    def adjusted(self, area: str, ident: str, drift: list[float]) -> list[float]:
        """Return *drift* delayed and then adjusted; points of a rate reach it at the base-year share."""
        pair = (area or self.baseline.province.id, ident)
        share = self.base[PROVINCE, ident] / 100.0
        rate = self.indicators[ident].kind == "rate"
        for delay in self.scenario.delays:
            if pair in delay.pairs:
                meanwhile = delay.meanwhile / (1.0 - share) if rate else delay.meanwhile
                drift = [drift[t - delay.by] if t >= delay.by else meanwhile for t in self.years]
        for entry in self.scenario.drift:
            if pair in entry.cells.pairs:
                add = entry.add / (share * (1.0 - share)) if rate else entry.add
                drift = [
                    g + (add if year in entry.cells.years else 0.0)
                    for g, year in zip(drift, self.baseline.years, strict=True)
                ]
        return drift

    # --- shocks --------------------------------------------------------------------------------

    def amounts(self, shock: Shock, draw: int) -> list[float]:
        """Return size times course by year in one draw."""
        size = size_at(shock.size, self.uniform(Source("shock:" + shock.name), draw))
        course: Course | None = shock.course
        if shock.chance is not None:
            u = self.uniform(Source("event:" + shock.name), draw)
            if shock.chance.probability is not None:
                course = shock.course if u < shock.chance.probability else None
            else:
                course = self.started(shock, u)
        return [0.0 if course is None else size * share_of_course(course, y) for y in self.baseline.years]

    def started(self, shock: Shock, u: float) -> Course | None:
        """Return the course from the year in which a yearly hazard strikes first."""
        assert shock.chance is not None
        assert shock.chance.hazard is not None
        reached, left = 0.0, 1.0
        for year in self.baseline.years:
            reached += left * shock.chance.hazard
            if u < reached:
                return shock.course.starting(year)
            left *= 1.0 - shock.chance.hazard
        return None

    def factors_of(self, area: str, ident: str, draw: int) -> tuple[list[float], bool]:
        """Return growth factors by year (logit steps of a rate), and whether the floor was needed."""
        drift = self.drifts[area, ident]
        rate = self.indicators[ident].kind == "rate"
        share = self.base[PROVINCE, ident] / 100.0
        total = [0.0 for _ in self.years]
        for shock in self.scenario.shocks:
            for where, what, weight in shock.footprint:
                if (where, what) != (area or self.baseline.province.id, ident):
                    continue
                for t, amount in enumerate(self.amounts(shock, draw)):
                    size = weight * amount
                    if shock.effect == "level":
                        size = size * share if rate else (1.0 + drift[t]) * (1.0 + size) - 1.0 - drift[t]
                    total[t] += size / (share * (1.0 - share)) if rate else size
        if rate:
            return [d + x for d, x in zip(drift, total, strict=True)], False
        factors = [1.0 + d + x for d, x in zip(drift, total, strict=True)]
        return [max(f, 0.01) for f in factors], any(f < 0.01 for f in factors)
