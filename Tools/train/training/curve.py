"""The run's curve: a line in curve.csv for each hundred steps, and curve.png."""

import csv
import time

FIELDS = ("step", "pictures", "seconds", "rate", "loss", "box", "class", "side")
EVERY = 100


class Curve:
    def __init__(self, folder, step):
        self.file, self.picture = folder / "curve.csv", folder / "curve.png"
        rows = []
        if self.file.exists():
            with self.file.open() as lines:
                rows = [row for row in csv.DictReader(lines) if int(row["step"]) <= step]
        self.rows = [{key: float(row[key]) for key in FIELDS} for row in rows]
        with self.file.open("w", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(FIELDS)
            writer.writerows([row[key] for key in FIELDS] for row in rows)
        self.waiting, self.pictures, self.begun = [], 0, time.monotonic()

    @property
    def last(self):
        return self.rows[-1]

    def add(self, step, pictures, rate, losses):
        """Takes a step's figures; True when a line was written."""
        self.waiting.append(losses)
        self.pictures += pictures
        if step % EVERY:
            return False
        means = [sum(column) / len(self.waiting) for column in zip(*self.waiting)]
        now = time.monotonic()
        values = [step, self.pictures, round(now - self.begun, 1), f"{rate:.3e}", *(f"{v:.4f}" for v in means)]
        with self.file.open("a", newline="") as lines:
            csv.writer(lines).writerow(values)
        self.rows.append(dict(zip(FIELDS, map(float, values))))
        self.waiting, self.pictures, self.begun = [], 0, now
        return True

    def draw(self):
        if not self.rows:
            return
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(1, 2, figsize=(11, 4))
        steps = [row["step"] for row in self.rows]
        for key in ("loss", "class"):
            axes[0].plot(steps, [row[key] for row in self.rows], label=key)
        for key in ("box", "side"):
            axes[1].plot(steps, [row[key] for row in self.rows], label=key)
        for one in axes:
            one.set_xlabel("step")
            one.set_yscale("log")
            one.grid(alpha=0.3)
            one.legend()
        figure.tight_layout()
        figure.savefig(self.picture, dpi=80)
        plt.close(figure)
