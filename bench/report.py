# SPDX-License-Identifier: BSD-2-Clause
"""What compare.py measured, as medians, ratios, targets and Markdown tables. Pure: it reads and starts nothing."""
from statistics import median

SANDBOXED_RATIO, OF_TCPSERVER, OF_BWRAP = 1.8, 1.2, 5.0
SERVED_RATIO, REFUSED_RATIO, CEILING_SHARE, FLATNESS = 2.0, 15.0, 0.5, 1.25

# Connections for each second of the clock, and of the processor time that the server and its children used. The first
# is less where the load cannot come faster, or where other programs share the core.
CLOCK, CAPACITY = "per_second", "core_per_second"
RATES = (CLOCK, CAPACITY)
FIGURES = (*RATES, "busy", "p50_us", "p90_us", "p99_us", "end_p50_us", "end_p99_us", "daemon_cpu_us", "failed")

# What does nothing but what the kernel asks of everybody: the bound of each row.
BARE_LOOP = {"serve": "accept_exec", "serve libc": "accept_exec", "latency": "accept_exec",
             "refuse": "accept_close", "refuse burst": "accept_close"}
TITLES = {"serve": "one-page service, 64 clients", "serve libc": "static glibc service, 64 clients",
          "latency": "one-page service, 1 client", "refuse": "refused by address, 64 clients",
          "refuse burst": "refused by address, a burst"}


def _median_ratio(rounds, above, below, figure):
    """The median over the rounds of one work's figure divided by another's."""
    return median(r[above][figure] / r[below][figure] for r in rounds)


def _least_flat(rounds):
    """How much more a connection costs with the most unfavourable number of listeners than with one."""
    rows = [row for row, server in rounds[0] if server == "posternd" and row.startswith("listeners ")]
    return max(_median_ratio(rounds, ("listeners 1", "posternd"), (row, "posternd"), CAPACITY) for row in rows)


def _sandboxed(times):
    """The targets of services in a sandbox, beside servers that have none; and beside one that makes its own."""
    for profile in ("standard", "strict"):
        server = f"posternd {profile}"

        def least(other, row="serve", server=server):
            return min(times(row, other, rate, server) for rate in RATES)
        for other, ratio, words in (("xinetd", SANDBOXED_RATIO, "xinetd without any"),
                                    ("tcpserver", OF_TCPSERVER, "tcpserver without any"),
                                    ("bwrap", OF_BWRAP, "tcpserver with bwrap")):
            measured = least(other)
            yield (f"connections/s in the sandbox {profile}, at least {ratio:g} × {words}", measured, measured >= ratio)
        measured = times("latency", "xinetd", "p99_us", server)
        yield (f"p99 of the first byte in the sandbox {profile}, 1 client, at most 1 × xinetd's", measured, measured <= 1)
        yield ("the same, p50", times("latency", "xinetd", "p50_us", server), None)
        yield (f"connections/s in the sandbox {profile}, static glibc service, × xinetd without any",
               least("xinetd", "serve libc"), None)


def _targets(memory, rounds):
    """[{text, measured, met}]; `met` is None for what only shows how far anybody could come."""
    def times(row, other, figure, server="posternd"):
        return _median_ratio(rounds, (row, server), (row, other), figure)
    served = min(times("serve", "xinetd", rate) for rate in RATES)
    burst, ceiling = (times("refuse burst", other, CLOCK) for other in ("xinetd", "accept_close"))
    memory_share, flat = memory["posternd"]["VmRSS"] / memory["xinetd"]["VmRSS"], _least_flat(rounds)
    found = (
        (f"connections/s, one-page service, at least {SERVED_RATIO:g} × xinetd (the lower of clock and processor time)",
         served, served >= SERVED_RATIO),
        *_sandboxed(times),
        ("connections/s, static glibc service, by processor time, × xinetd", times("serve libc", "xinetd", CAPACITY),
         None),
        ("what accept_exec reaches with that, × xinetd", times("serve libc", "xinetd", CAPACITY, "accept_exec"), None),
        (f"refusals/s of a burst, by the clock, at least {REFUSED_RATIO:g} × xinetd", burst, burst >= REFUSED_RATIO),
        (f"refusals/s of a burst, by the clock, at least {CEILING_SHARE:g} × accept_close", ceiling,
         ceiling >= CEILING_SHARE),
        ("refusals/s of 64 clients, by the clock, × xinetd", times("refuse", "xinetd", CLOCK), None),
        ("what accept_close reaches with those, × xinetd", times("refuse", "xinetd", CLOCK, "accept_close"), None),
        ("refusals/s of 64 clients, by processor time, × xinetd", times("refuse", "xinetd", CAPACITY), None),
        ("resident memory of the idle process below 1 × xinetd's", memory_share, memory_share < 1),
        (f"cost of a connection with 1 to 5000 listeners within {FLATNESS:g} ×", flat, flat <= FLATNESS),
    )
    return [{"text": text, "measured": measured, "met": met} for text, measured, met in found]


def _ratios(rounds, other_of):
    """{row/server: {rate: median ratio}} to the server that other_of(row) names; where it names one that was measured."""
    works = [(row, server) for row, server in rounds[0] if (row, other_of(row)) in rounds[0]]
    return {f"{row}/{server}": {rate: _median_ratio(rounds, (row, server), (row, other_of(row)), rate)
                                for rate in RATES} for row, server in works}


def summarise(memory, rounds):
    medians = {f"{row}/{server}": {figure: median(r[row, server][figure] for r in rounds) for figure in FIGURES}
               for row, server in rounds[0]}
    return {"memory_kib": memory, "medians": medians, "ratios_to_xinetd": _ratios(rounds, lambda row: "xinetd"),
            "ratios_to_bare_loop": _ratios(rounds, BARE_LOOP.get), "targets": _targets(memory, rounds)}


def plain(rounds):
    """The rounds with keys that JSON takes."""
    return [{f"{row}/{server}": result for (row, server), result in r.items()} for r in rounds]


def _title(row):
    if row in TITLES:
        return TITLES[row]
    count = row.split()[1]
    return f"one-page service, {count} listener{'' if count == '1' else 's'}, 64 clients"


def _rate_table(summary):
    yield ("| work | server | connections/s | × xinetd | × bare loop | load busy | per core-second | × xinetd"
           " | × bare loop |")
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for key, figures in summary["medians"].items():
        row, server = key.split("/")
        cells = [_title(row), server]
        for rate in RATES:
            ratios = [summary[name].get(key) for name in ("ratios_to_xinetd", "ratios_to_bare_loop")]
            cells += [f"{figures[rate]:.0f}", *(f"{r[rate]:.2f}" if r else "" for r in ratios)]
            if rate == CLOCK:
                cells.append(f"{figures['busy']:.0%}")
        yield f"| {' | '.join(cells)} |"


def _time_table(summary):
    """A burst has none: its clients wait for the last of them to connect."""
    yield "| work | server | answer, p50 µs | p99 | end, p50 µs | p99 | daemon's own CPU, µs |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for key, figures in summary["medians"].items():
        row, server = key.split("/")
        if row == "refuse burst":
            continue
        times = (f"{figures[name]:.0f}" for name in ("p50_us", "p99_us", "end_p50_us", "end_p99_us"))
        yield f"| {_title(row)} | {server} | {' | '.join(times)} | {figures['daemon_cpu_us']:.1f} |"


def _memory_table(memory):
    yield "| idle privileged process | VmRSS, KiB | of it anonymous, KiB |"
    yield "|---|--:|--:|"
    for server, kib in memory.items():
        yield f"| {server} | {kib['VmRSS']} | {kib['RssAnon']} |"


def _target_table(targets):
    yield "| target | measured | |"
    yield "|---|--:|---|"
    words = {True: "met", False: "MISSED", None: ""}
    for target in targets:
        yield f"| {target['text']} | {target['measured']:.2f} | {words[target['met']]} |"


def markdown(summary):
    tables = (_rate_table(summary), _time_table(summary), _memory_table(summary["memory_kib"]),
              _target_table(summary["targets"]))
    return "\n\n".join("\n".join(table) for table in tables)
