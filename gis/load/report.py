"""What came of a load: the same figures on the terminal, as JSON, in the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reject:
    """A row that was not loaded: its number in the file, why, what it held."""

    row_number: int
    reason: str
    content: dict[str, str | None]


@dataclass
class LoadReport:
    """Counts of rows; `reasons` counts refusals by their reason.

    `repairs` counts repairs by kind, `keys` the codes that were made for rows without
    one by the way they were made.
    """

    layer: str
    file: str
    read: int = 0
    loaded: int = 0
    updated: int = 0
    unchanged: int = 0
    ended: int = 0
    repaired: int = 0
    refused: int = 0
    masked: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    datum_proof: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    mode: str = "upsert"
    dry_run: bool = False
    load_id: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The report for a terminal."""
        counts = (
            ("读入 read", self.read),
            ("新增 loaded", self.loaded),
            ("更新 updated", self.updated),
            ("未变 unchanged", self.unchanged),
            ("失效 ended", self.ended),
            ("修复 repaired", self.repaired),
            ("拒收 refused", self.refused),
            ("掩码 masked", self.masked),
        )
        head = f"{self.file} -> {self.layer}" + (
            "（试运行，未写入 dry run, nothing written）" if self.dry_run else ""
        )
        lines = [head, *(f"  {name:<16}{count:>10,}" for name, count in counts)]
        lines += [f"  修复 {count:,} × {what}" for what, count in self.repairs.items()]
        lines += [f"  拒收 {count:,} × {why}" for why, count in self.reasons.items()]
        lines += [f"  编码 {count:,} × {how}" for how, count in self.keys.items()]
        if self.datum_proof:
            shown = ", ".join(f"{k}={v}" for k, v in self.datum_proof.items())
            lines.append(f"  基准 datum: {shown}")
            if len(self.datum_proof) == 1:
                lines.append(
                    "  注意 尚无区县边界，无法证明基准 the city's borders are not "
                    "loaded yet: nothing to prove the datum by"
                )
        lines += [f"  注意 {note}" for note in self.notes]
        if self.load_id is not None:
            number = self.load_id
            lines.append(
                f"  载入号 load {number}; 撤销 undo: citygrid load undo {number}"
            )
            if self.refused:
                lines.append(
                    f"  改正拒收行 mend refused rows: citygrid load rejects {number} "
                    f"--out FILE.xlsx, then --fix FILE.xlsx"
                )
            if self.repaired or self.masked:
                lines.append(
                    f"  逐行查看修复 repairs by row: citygrid load repairs {number}"
                )
        return lines
