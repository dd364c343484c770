# SPDX-License-Identifier: BSD-2-Clause
"""What compare.py measured, as medians, ratios, targets and a Markdown table. Pure: it reads and starts nothing."""
from statistics import median

SERVED_RATIO, REFUSED_RATIO, CEILING_SHARE, FLATNESS = 2.0, 15.0, 0.5, 1.25
FIGURES = ("per_second", "p50_us", "p90_us", "p99_us", "daemon_cpu_us", "core_per_second", "failed")


# What the targets compare: connections for each second of processor time that the server and its children used. It is
# what one core can serve; the rate by the clock is less where the load cannot come faster or the core is shared.
CAPACITY = "core_per_second"


def _median_ratio(rounds, above, below, figure=CAPACITY):
    """The median over the rounds of one work's figure divided by another's."""
    return median(r[above][figure] / r[below][figure] for r in rounds)


def _least_flat(rounds):
    """How much more a connection costs with the most unfavourable number of listeners than with one."""
    rows = [row for row, server in rounds[0] if server == "posternd" and row.startswith("listeners ")]
    return max(_median_ratio(rounds, ("listeners 1", "posternd"), (row, "posternd")) for row in rows)


def _targets(memory, rounds):
    def times(row, other):
        return _median_ratio(rounds, (row, "posternd"), (row, other))
    served, refused, ceiling = times("serve", "xinetd"), times("refuse", "xinetd"), times("refuse", "accept_close")
    memory_share, flat = memory["posternd"]["VmRSS"] / memory["xinetd"]["VmRSS"], _least_flat(rounds)
    found = (
        (f"connections/s at least {SERVED_RATIO:g} × xinetd", served, served >= SERVED_RATIO),
        (f"refusals/s at least {REFUSED_RATIO:g} × xinetd", refused, refused >= REFUSED_RATIO),
        (f"refusals/s at least {CEILING_SHARE:g} × accept_close", ceiling, ceiling >= CEILING_SHARE),
        ("resident memory of the idle process below 1 × xinetd's", memory_share, memory_share < 1),
        (f"cost of a connection with 1 to 5000 listeners within {FLATNESS:g} ×", flat, flat <= FLATNESS),
    )
    return [{"text": text, "measured": measured, "met": met} for text, measured, met in found]


def summarise(memory, rounds):
    medians = {f"{row}/{server}": {figure: median(r[row, server][figure] for r in rounds) for figure in FIGURES}
               for row, server in rounds[0]}
    ratios = {f"{row}/{server}": {figure: _median_ratio(rounds, (row, server), (row, "xinetd"), figure)
                                  for figure in ("per_second", CAPACITY)} for row, server in rounds[0]}
    return {"memory_kib": memory, "medians": medians, "ratios_to_xinetd": ratios, "targets": _targets(memory, rounds)}


def plain(rounds):
    """The rounds with keys that JSON takes."""
    return [{f"{row}/{server}": result for (row, server), result in r.items()} for r in rounds]


TITLES = {"serve": "static service, 64 clients", "latency": "static service, 1 client",
          "refuse": "refused by address, 64 clients"}


def _title(row):
    if row in TITLES:
        return TITLES[row]
    count = row.split()[1]
    return f"static service, {count} listener{'' if count == '1' else 's'}, 64 clients"


def _memory_table(memory):
    yield "| idle privileged process | VmRSS, KiB | of it anonymous, KiB |"
    yield "|---|--:|--:|"
    for server, kib in memory.items():
        yield f"| {server} | {kib['VmRSS']} | {kib['RssAnon']} |"


def markdown(summary):
    lines = ["| work | server | connections/s | × xinetd | p50 µs | p99 µs | per core-second | × xinetd"
             " | daemon's own CPU, µs |", "|---|---|--:|--:|--:|--:|--:|--:|--:|"]
    for key, figures in summary["medians"].items():
        row, server = key.split("/")
        ratios = summary["ratios_to_xinetd"][key]
        lines.append(f"| {_title(row)} | {server} | {figures['per_second']:.0f} |"
                     f" {ratios['per_second']:.2f} | {figures['p50_us']:.0f} | {figures['p99_us']:.0f} |"
                     f" {figures[CAPACITY]:.0f} | {ratios[CAPACITY]:.2f} |"
                     f" {figures['daemon_cpu_us']:.1f} |")
    lines += ["", *_memory_table(summary["memory_kib"]), "", "| target | measured | |", "|---|--:|---|"]
    for target in summary["targets"]:
        lines.append(f"| {target['text']} | {target['measured']:.2f} | {'met' if target['met'] else 'MISSED'} |")
    return "\n".join(lines)
