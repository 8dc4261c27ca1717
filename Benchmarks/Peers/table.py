"""Measured medians as the Markdown that README shows."""

import statistics


def markdown(kept, titles, ours):
    """A row for each engine of each group: milliseconds of S and D, and how much longer than ours it takes."""
    rows = ["| | engine | S ms | D ms | D / S | S: ours is | D: ours is |", "|---|---|---|---|---|---|---|"]
    for group, title in titles.items():
        measured = kept.get(group)
        if not measured:
            continue
        lines = {}
        for one in measured:
            lines.setdefault((one["name"], one["threads"]), {})[one["network"]] = one["medians"]
        first = next(iter(lines.values()))
        for (name, threads), networks in lines.items():
            cells = [title, f"**{name}**" if name == ours else name]
            if group == "threads" and threads == 1:
                cells[1] += ", one thread"
            cells += [f"{statistics.median(networks[n]):.1f}" for n in "sd"]
            cells.append(f"{ratio(networks['d'], networks['s']):.3f}")
            cells += ["" if networks is first else f"{ratio(networks[n], first[n]):.2f}×" for n in "sd"]
            rows.append("| " + " | ".join(cells) + " |")
            title = ""
    return "\n".join(rows)


def ratio(one, other):
    """The median of the rounds' ratios: what slows a round down slows both."""
    return statistics.median(a / b for a, b in zip(one, other))
