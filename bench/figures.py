"""A measured figure beside its target."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Figure:
    part: str
    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """None: there is no target."""
        if self.at_least is not None:
            return self.value >= self.at_least
        if self.at_most is not None:
            return self.value <= self.at_most
        return None

    @property
    def target(self) -> str:
        if self.at_least is not None:
            return f"≥ {number(self.at_least)}"
        if self.at_most is not None:
            return f"≤ {number(self.at_most)}"
        return ""

    def as_dict(self) -> dict[str, object]:
        return {**dataclasses.asdict(self), "reached": self.reached}


def number(value: float) -> str:
    """1234567 → 1,234,567; small numbers with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(figures: list[Figure]) -> str:
    """Aligned columns: name, value, target, verdict."""
    verdicts = {True: "reached", False: "MISSED", None: ""}
    rows = [(f.name, f"{number(f.value)} {f.unit}", f.target, verdicts[f.reached]) for f in figures]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    return "\n".join(
        f"  {row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip() for row in rows
    )
