"""Tables."""

from bench.goals import goals


def tables(m):
    out = []
    for part in m.parts():
        out.append(str(part))
        for w in dict.fromkeys(s.contender for s in m.samples if s.part == part):
            out.append(
                f"  {w:20}"
                + "".join(
                    f" {p}={m.median(part, w, p):.2f}"
                    for p in dict.fromkeys(s.phase for s in m.of(part, w))
                )
            )
    return "\n".join(out)


def table_of_costs(m):
    return str(m.costs)


def table_of_goals(m):
    return "\n".join(
        f"{'met ' if g.is_met else 'MISS'} {g.what}: {g.value:.2f} <= {g.limit:.2f} {g.unit} {g.how}"
        for g in goals(m)
    )


def write_docs(m): ...
