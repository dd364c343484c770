# SPDX-License-Identifier: BSD-2-Clause
"""Cases 46-56: limits, the order of the checks, times of day, banners."""
import contextlib
import time

from suite import Case, Differs, answers, defaults, internal, program, service

D = defaults()
CAT = "/bin/cat"


def held(*lines, second=None, conf=""):
    """One session is held; what does a second client see, and what was recorded?"""
    def observe(trial):
        trial.start((conf or D) + program("a1", CAT, *lines))
        with trial.hold():
            seen = trial.ask(source=second)
        return [seen, trial.records("START", "FAIL")]
    return observe


def refused_by(*lines, conf=D):
    """What a client sees whom a check before the address rules refuses, and all records."""
    def observe(trial):
        trial.start(conf + service("a1", *lines))
        return [trial.ask(), trial.records()]
    return observe


def _per_source(trial):
    trial.start(D + program("a1", CAT, "per_source = 1"))
    with trial.hold(source="127.0.0.1"):
        same = trial.ask(source="127.0.0.1")
        with trial.hold(source="127.0.0.2") as other:
            served = other.is_open()
    return [same, served, trial.records("FAIL")]


def _rate(trial):
    """Three in a window are served, the fourth is not, and after the pause all is well again."""
    trial.start(D + service("a1", "cps = 3 2"))
    first = [trial.ask() for _ in range(4)]
    trial.settle(0.1)
    paused = trial.daemon.logged("Deactivating service a1 due to excessive incoming connections")
    during = trial.serves()
    time.sleep(2.6)
    trial.lab.wait_listening(20001)
    return {"first": first, "during": during, "after": trial.ask(), "paused": len(paused),
            "again": len(trial.daemon.logged("Activating service a1")), "records": trial.records("FAIL")[:1]}


def _default_rate(trial):
    """Clients that come at once: fifty of them are answered."""
    trial.start(D + internal("daytime"))
    clients = []
    # Who comes while the listener closes is reset, later ones are refused.
    with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):
        while len(clients) < 55:
            clients.append(trial.lab.connect(20001))
    answers_seen = 0
    for client in clients:
        with client:
            answers_seen += client.read_all() != b""
    return answers_seen


def _rate_window(trial):
    """Two clients, a second later two more: never more than the two a second that are allowed."""
    trial.start(D + internal("daytime", "cps = 2 1"))
    time.sleep(1.05 - time.time() % 1)  # xinetd counts by the whole seconds of the clock
    early = [trial.serves() for _ in range(2)]
    time.sleep(1.2)
    return early + [trial.serves() for _ in range(2)]


def _no_rate(trial):
    trial.start(D + internal("daytime", "cps = 0 2"))
    return sum(trial.serves() for _ in range(70))


def _counts_after_pause(trial):
    trial.start(D + program("a1", CAT, "instances = 3", "cps = 3 1"))
    with trial.hold(), trial.hold(), trial.hold():
        tripped = trial.ask()
        # Longer than the pause: xinetd counts what comes within `rate` seconds of its window's start.
        time.sleep(3.5)
        trial.lab.wait_listening(20001)
        later = []
        for _ in range(2):
            client = trial.lab.connect(20001)
            client.send(b"x\n")
            try:
                later.append(client.recv(2) == b"x\n")
            except ConnectionResetError:
                later.append(False)
    return [tripped, later]


def at_noon(trial, *lines, conf=D):
    """Starts a service on a daemon whose local time is 12:00:20."""
    now = time.gmtime()
    offset = (now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec) - (12 * 3600 + 20)
    sign, rest = ("" if offset >= 0 else "-"), abs(offset)
    zone = f"NOON{sign}{rest // 3600}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return trial.start(conf + service("a1", *lines), env={"TZ": zone})


def noon(times):
    def observe(trial):
        at_noon(trial, f"access_times = {times}")
        seen = trial.ask()
        return [seen, trial.records("FAIL")]
    return observe


SERVED = ["hello", []]
TOO_LATE = ["closed", ["FAIL a1 time from=127.0.0.1"]]
DOWN = ["refused", []]


def banners(refusal):
    def observe(trial):
        for name in ("always", "fail", "success"):
            trial.lab.write(name, f"{name} ")
        trial.start(D + service("a1", "banner = /run/lab/always", "banner_fail = /run/lab/fail",
                                "banner_success = /run/lab/success", refusal))
        return trial.ask()
    return observe


def _huge_banner(trial):
    """A client that does not read a long banner; does another service answer meanwhile?"""
    trial.lab.write("banner", b"x" * 30_000_000)
    trial.start(D + service("a1", "banner = /run/lab/banner") + service("a2", port=20002))
    with trial.lab.connect(20001):
        time.sleep(0.3)
        return trial.ask(20002, timeout=3.0)


def _process_limit(trial):
    trial.start(D + program("a1", CAT) + service("a2", port=20002), "-limit", "1")
    with trial.hold():
        return [trial.ask(20002), trial.records("FAIL")]


def _reserved_names(trial):
    rule = "only_from = 10.0.0.1"
    trial.start(D + service("logging", rule) + service("intercept", rule, port=20002) +
                service("other", rule, port=20003))
    return [trial.ask(port) for port in (20001, 20002, 20003)]


# Two minutes, half a day from now.
HALF_A_DAY_AWAY = (time.localtime().tm_hour + 12) % 24
CLOSED_NOW = f"access_times = {HALF_A_DAY_AWAY:02}:00-{HALF_A_DAY_AWAY:02}:01"
CLOSED_AT_NOON = "access_times = 00:00-00:01"
ALL_FOUR = ["max_load = -1", CLOSED_AT_NOON, "instances = 0", "per_source = 0"]


def first_of(remaining):
    def observe(trial):
        at_noon(trial, *ALL_FOUR[4 - remaining:])
        return [trial.ask(), trial.records()]
    return observe


def fails(reason):
    return ["closed", [f"FAIL a1 {reason} from=127.0.0.1"]]


CASES = [
    Case("46", "instances = 1 and one session", held("instances = 1"),
         ["closed", ["FAIL a1 service_limit from=127.0.0.1", "START a1 from=127.0.0.1"]]),
    Case("46b", "instances = 0", refused_by("instances = 0"), fails("service_limit")),
    Case("46c", "instances = UNLIMITED", refused_by("instances = UNLIMITED"),
         ["hello", ["EXIT a1 status=0", "START a1 from=127.0.0.1"]]),
    Case("47", "per_source = 1", _per_source, ["closed", True, ["FAIL a1 per_source_limit from=127.0.0.1"]]),
    Case("48", "cps = 3 2", _rate,
         {"first": ["hello"] * 3 + ["closed"], "during": False, "after": "hello", "paused": 1, "again": 1,
          "records": ["FAIL a1 connections per second from=127.0.0.1"]}),
    Case("48b", "fifty clients in a second, without cps", _default_rate, 50),
    Case("48c", "cps = 0 2", _no_rate, 70),
    Case("48d", "cps is a rate per second", _rate_window, [True, True, False, False],
         Differs("cps-window", [True] * 4)),
    Case("49", "sessions are still counted after a pause", _counts_after_pause, ["closed", [True, True]],
         Differs("cps-closed", ["closed", [False, False]])),
    Case("50a", "first the load", first_of(4), fails("load")),
    Case("50b", "then the time of day", first_of(3), fails("time")),
    Case("50c", "then instances", first_of(2), fails("service_limit")),
    Case("50d", "then per_source", first_of(1), fails("per_source_limit")),
    Case("50e", "a negative max_load refuses always", refused_by("max_load = -1"), fails("load")),
    Case("50f", "max_load = 0", refused_by("max_load = 0"), DOWN),
    Case("51a", "the last minute of a range", noon("11:59-12:00"), SERVED),
    Case("51b", "the first minute of a range", noon("12:00-12:01"), SERVED),
    Case("51c", "a range that is still to come", noon("12:05-13:00"), TOO_LATE),
    Case("51d", "the second of two ranges", noon("8:00-9:00 11:30-12:30"), SERVED),
    Case("51e", "none of two ranges", noon("8:00-9:00 13:00-14:00"), TOO_LATE),
    Case("51f", "a range over midnight, now outside", noon("23:00-01:00"), DOWN,
         Differs("access-midnight", TOO_LATE)),
    Case("51g", "a range over midnight, now inside", noon("11:00-01:00"), DOWN, Differs("access-midnight", SERVED)),
    Case("51h", "a range up to 24:00", noon("8:00-24:00"), DOWN, Differs("access-midnight", SERVED)),
    Case("51i", "a range from 25:00", noon("25:00-26:00"), DOWN),
    Case("52a", "banners before a refusal by time", banners(CLOSED_NOW), "always fail "),
    Case("52b", "banners before a refusal by address", banners("only_from = 10.0.0.1"), "always fail "),
    Case("52c", "banners before a server", banners("nice = 0"), "always success hello"),
    Case("53", "a banner file that does not exist",
         answers(D + service("a1", "banner = /run/lab/nothing"), complaint=["/run/lab/nothing"]),
         {20001: "hello", "complaint": True, "running": True}),
    Case("54", "a long banner and a client that does not read", _huge_banner, "silent",
         Differs("banner-blocking", "hello")),
    Case("55", "-limit 1 and one session", _process_limit, ["closed", ["FAIL a2 process_limit from=127.0.0.1"]]),
    Case("56", "services with the names of xinetd's own processes", _reserved_names, ["hello", "hello", "closed"],
         Differs("reserved-names", ["closed"] * 3)),
]
