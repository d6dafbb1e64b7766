"""The model page once more, slowly: plain loops over the math module, written from docs/model.md.

Nothing here comes from the engine but the keys of ``sim.streams``; names of sources are part of
what a result means, so they stand here again. One set of draws at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.baseline.plan import Derived, Indicator, Target
from sim.streams import Source
from tests.oracle_growth import PROVINCE, OracleGrowth
from tests.oracle_numbers import logit, mixing, poisson_point


@dataclass
class Oracle(OracleGrowth):
    """The first *count* draws of one set of a scenario."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.worked_out: dict[int, dict[tuple[str, str], list[float]]] = {}
        self.noises: dict[tuple[str, str, int], list[float]] = {}
        self.find_spreads()
        self.loads = {
            (level, i): self.loads_of(level, i)
            for level in self.calibration.loadings
            for i in self.indicators
        }

    # --- noise ---------------------------------------------------------------------------------

    def loads_of(self, level: str, ident: str) -> list[float]:
        table = self.calibration.loadings[level].load
        load = [table.get(f, {}).get(ident) for f in self.factors]
        known = [0.0 if x is None else x.value for x in load]
        times = 1.0 if self.scenario.noise.dependence is None else self.scenario.noise.dependence
        length = math.sqrt(sum(x * x for x in known))
        most = max(0.95, length)
        return [x * min(times, most / length) for x in known] if length else known

    def unit(self, level: str, stream: str, ident: str, draw: int, area: str = "", year: str = "") -> float:
        load = self.loads[level, ident]
        common = sum(
            x * self.normal(Source(stream, area, "factor:" + f, year), draw)
            for x, f in zip(load, self.factors, strict=True)
        )
        rest = math.sqrt(max(0.0, 1.0 - sum(x * x for x in load)))
        return common + rest * self.normal(Source(stream, area, ident, year), draw)

    def find_spreads(self) -> None:
        """Find standard deviations: of n, o, p by indicator, of b, q by (city, indicator)."""
        s = self.scenario.noise
        self.sd_n: dict[str, float] = {}
        self.sd_o: dict[str, float] = {}
        self.sd_p: dict[str, float] = {}
        self.sd_b: dict[tuple[str, str], float] = {}
        self.sd_q: dict[tuple[str, str], float] = {}
        for ident, ind in self.indicators.items():
            group = self.calibration.common_drift.get(ind.group)
            n = 0.0 if group is None else self.estimate(f"common_drift:{ind.group}", group, "sd")
            sd, tau = self.parameter(ident, "sd"), self.parameter(ident, "tau")
            if ind.scope == "cities":
                sd = self.split(ident, sd, self.sd_q)
                tau = self.split(ident, tau, self.sd_b)
            year = math.hypot(self.parameter(ident, "year_sd"), sd)
            self.sd_n[ident], self.sd_p[ident] = n * s.province, year * s.province
            tau *= math.sqrt(self.left_of_own_drift(ident))
            self.sd_o[ident] = math.hypot(tau * s.province, math.sqrt(self.gap_variance(ident)))

    def split(self, ident: str, total: float, into: dict[tuple[str, str], float]) -> float:
        """Return the province-wide part of *total* and put the cities' own parts *into* a table."""
        factor = self.estimate(f"city_factor:{ident}", self.calibration.indicators[ident].city_factor, "sd")
        slope = self.parameter(ident, "slope")
        everything = sum(self.base[c, ident] for c in self.cities)
        own, shares = {}, {}
        for c in self.cities:
            size = self.base[c, ident] / self.base[PROVINCE, ident]
            own[c] = total * min(2.0, size**-slope)
            shares[c] = self.base[c, ident] / everything
        if len(self.cities) == 1:
            wide = total**2
        else:
            left = total**2 - sum(shares[c] ** 2 * own[c] ** 2 for c in self.cities)
            wide = max(left, 0.0) / (1.0 - sum(w * w for w in shares.values()))
        for c in self.cities:
            into[c, ident] = math.sqrt(max(0.0, own[c] ** 2 - wide)) * factor * self.scenario.noise.city
        return math.sqrt(wide)

    def autoregression(self, ident: str, sd: float, scale: list[float], unit: list[float]) -> list[float]:
        phi = self.parameter(ident, "phi")
        steps: list[float] = []
        for t in self.years:
            if t == 0:
                steps.append(sd * scale[0] * unit[0])
            else:
                steps.append(phi * steps[-1] + sd * math.sqrt(1.0 - phi**2) * scale[t] * unit[t])
        return steps

    def innovations(self, ident: str, t: int) -> list[float]:
        """Return how much each year's unit innovation adds to the sum of the first t + 1 years."""
        phi = self.parameter(ident, "phi")
        return [
            sum(phi**j for j in range(t - u + 1)) * (1.0 if u == 0 else math.sqrt(1.0 - phi**2))
            for u in range(t + 1)
        ]

    def scales(self, draw: int, area: str = "") -> list[float]:
        name = "mixing:city" if area else "mixing:year"
        return [
            mixing(self.uniform(Source(name, area, year=str(y)), draw), self.dof) for y in self.baseline.years
        ]

    def common_scale(self, draw: int) -> float:
        return mixing(self.uniform(Source("mixing:common"), draw), self.dof)

    def province_noise(self, ident: str, draw: int) -> list[float]:
        """Return the accumulated province-wide noise."""
        n = self.sd_n[ident] * self.common_scale(draw) * self.unit("common", "common", ident, draw)
        o = self.sd_o[ident] * self.unit("province", "province", ident, draw)
        unit = [self.unit("year", "year", ident, draw, year=str(y)) for y in self.baseline.years]
        p = self.autoregression(ident, self.sd_p[ident], self.scales(draw), unit)
        return [(t + 1) * (n + o) + sum(p[: t + 1]) for t in self.years]

    def city_variance(self, city: str, ident: str, draw: int) -> list[float]:
        """Return the variance of the accumulated city noise given the mixing."""
        s = self.scales(draw, city)
        return [
            ((t + 1) * self.sd_b[city, ident]) ** 2
            + sum((self.sd_q[city, ident] * w * s[u]) ** 2 for u, w in enumerate(self.innovations(ident, t)))
            for t in self.years
        ]

    def city_noise(self, city: str, ident: str, draw: int) -> list[float]:
        if (city, ident, draw) not in self.noises:
            self.noises[city, ident, draw] = self.find_city_noise(city, ident, draw)
        return self.noises[city, ident, draw]

    def find_city_noise(self, city: str, ident: str, draw: int) -> list[float]:
        b = self.sd_b[city, ident] * self.unit("city", "city:drift", ident, draw, city)
        unit = [self.unit("city", "city", ident, draw, city, str(y)) for y in self.baseline.years]
        q = self.autoregression(ident, self.sd_q[city, ident], self.scales(draw, city), unit)
        variance = self.city_variance(city, ident, draw)
        return [(t + 1) * b + sum(q[: t + 1]) - 0.5 * variance[t] for t in self.years]

    # --- levels and targets --------------------------------------------------------------------

    def calm(self, area: str, ident: str, draw: int) -> list[float]:
        """Return levels without noise (logits of a rate)."""
        factors, _ = self.factors_of(area, ident, draw)
        if self.indicators[ident].kind == "rate":
            start = logit(self.base[PROVINCE, ident] / 100.0)
            return [start + sum(factors[: t + 1]) for t in self.years]
        return [self.base[area, ident] * math.prod(factors[: t + 1]) for t in self.years]

    def levels(self, draw: int) -> dict[tuple[str, str], list[float]]:
        """Return levels by (area, quantity): cities, the unallocated, the province and derived ones."""
        if draw not in self.worked_out:
            self.worked_out[draw] = self.find_levels(draw)
        return self.worked_out[draw]

    def find_levels(self, draw: int) -> dict[tuple[str, str], list[float]]:
        out: dict[tuple[str, str], list[float]] = {}
        for ident, ind in self.indicators.items():
            wide = self.province_noise(ident, draw)
            if ind.scope == "province":
                calm = self.calm(PROVINCE, ident, draw)
                if ind.kind == "rate":
                    out[PROVINCE, ident] = [
                        100.0 / (1.0 + math.exp(-x - w)) for x, w in zip(calm, wide, strict=True)
                    ]
                else:
                    out[PROVINCE, ident] = [x * math.exp(w) for x, w in zip(calm, wide, strict=True)]
                continue
            for c in self.cities:
                own = self.city_noise(c, ident, draw)
                calm = self.calm(c, ident, draw)
                out[c, ident] = [x * math.exp(w + z) for x, w, z in zip(calm, wide, own, strict=True)]
                if ind.kind == "count":
                    out[c, ident] = [
                        float(self.counted(c, ident, t, out[c, ident][t], draw)) for t in self.years
                    ]
            self.add_province(out, ind, draw)
        for derived in self.baseline.derived:
            out[PROVINCE, derived.id] = self.derived(derived, out)
        return out

    def counted(self, city: str, ident: str, t: int, rate: float, draw: int) -> int:
        source = Source("count", city, ident, str(self.baseline.years[t]))
        return poisson_point(rate, self.uniform(source, draw))

    def add_province(self, out: dict[tuple[str, str], list[float]], ind: Indicator, draw: int) -> None:
        luck = self.ratio_sd[ind.id] * self.normal(Source("ratio", indicator=ind.id), draw)
        out[PROVINCE, ind.id], out["unallocated", ind.id] = [], []
        for t in self.years:
            total = sum(out[c, ind.id][t] for c in self.cities)
            u = math.expm1(self.log_ratio[ind.id][t] + luck)
            unallocated = float(round(u * total)) if ind.kind == "count" else u * total
            out["unallocated", ind.id].append(unallocated)
            out[PROVINCE, ind.id].append(total + unallocated)

    def amount(self, origin: tuple[str, str] | None) -> float:
        assert origin is not None
        kind, name = origin
        if kind == "assumption":
            return self.assumption(name)
        if kind == "calibration":
            return min(self.estimate(f"exit:{name}", self.calibration.exits[name], "exit"), 1.0)
        if kind == "history":
            return self.baseline.history(name, self.baseline.province.id)[self.baseline.base_year].value
        return float(name)

    def base_of(self, quantity: str) -> float:
        if quantity in self.indicators:
            return self.base[PROVINCE, quantity]
        derived = next(d for d in self.baseline.derived if d.id == quantity)
        if derived.kind == "stock":
            return self.amount(derived.base)
        above, below = self.base_of(str(derived.numerator)), self.base_of(str(derived.denominator))
        return derived.factor * above / below

    def derived(self, derived: Derived, out: dict[tuple[str, str], list[float]]) -> list[float]:
        if derived.kind == "ratio":
            above, below = out[PROVINCE, str(derived.numerator)], out[PROVINCE, str(derived.denominator)]
            base = self.base_of(str(derived.denominator))
            return [
                derived.factor * above[t] / (below[t - derived.lag] if t >= derived.lag else base)
                for t in self.years
            ]
        stock, leaving = self.amount(derived.base), self.amount(derived.exit)
        rows = []
        for t in self.years:
            stock = stock * (1.0 - leaving) + out[PROVINCE, str(derived.inflow)][t]
            rows.append(stock)
        return rows

    def value(self, target: Target, out: dict[tuple[str, str], list[float]]) -> float:
        """Return what *target* speaks of in its year."""
        area = PROVINCE if target.area == self.baseline.province.id else target.area
        series = out[area, str(target.quantity)]
        t = self.baseline.years.index(target.year)
        base = (
            self.base_of(str(target.quantity)) if area == PROVINCE else self.base[area, str(target.quantity)]
        )
        if target.kind == "cumulative_flow":
            return sum(series[: t + 1])
        if target.kind == "mean_growth":
            return 100.0 * float((series[t] / base) ** (1.0 / (t + 1)) - 1.0)
        if target.kind == "mean_of_rates":
            levels = [base, *series]
            return 100.0 * sum(levels[j + 1] / levels[j] - 1.0 for j in range(t + 1)) / (t + 1)
        return series[t]

    def is_hit(self, target: Target, value: float) -> bool:
        v = target.threshold
        spare = 1e-9 * abs(v)
        if target.comparator == ">":
            return value < v - spare if target.direction == "down" else value > v + spare
        width = abs(v) * (target.tolerance or 0.0) / 100.0 if target.comparator == "≈" else 0.0
        enough, not_too_much = value >= v - width - spare, value <= v + width + spare
        if target.direction == "up":
            return enough
        return not_too_much if target.direction == "down" else enough and not_too_much
