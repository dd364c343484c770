# SPDX-License-Identifier: BSD-2-Clause
"""Cases 98-101, 109 and 110: what is recorded and where, and on which addresses a service listens."""
import os
import pathlib
import re
import stat
import time

from suite import Case, Differs, answers, defaults, internal, netlab, service


def recorded(*lines, conf=None):
    """The records of one client, without the parts that change from run to run."""
    def observe(trial):
        first = conf or defaults("log_on_success = PID HOST EXIT DURATION", "log_on_failure = HOST ATTEMPT")
        trial.start(first + service("a1", *lines))
        trial.ask()
        trial.settle()
        # A second may begin while the client is served.
        lines_seen = sorted(r.raw.split(": ", 1)[1].replace("duration=1(", "duration=0(")
                            for r in trial.daemon.service_log())
        return [re.sub(r"pid=\d+", "pid=N", line).replace("::ffff:", "") for line in lines_seen]
    return observe


def _hard_limit(trial):
    trial.start(defaults("log_type = FILE /run/lab/svc.log 150 300") + internal("daytime"))
    for _ in range(12):
        trial.ask()
    trial.settle()
    return [os.path.getsize("/run/lab/svc.log") <= 340, trial.complains("hard limit")]


def _line_format(trial):
    trial.start(defaults() + service())
    trial.ask()
    trial.settle()
    stamp = time.strftime("%y/", time.gmtime()) + f"{time.gmtime().tm_mon}/{time.gmtime().tm_mday}@"
    text = pathlib.Path("/run/lab/svc.log").read_text()
    return [all(re.match(re.escape(stamp) + r"\d\d:\d\d:\d\d: [A-Z]+: a1 ", line) for line in text.splitlines()),
            oct(stat.S_IMODE(os.stat("/run/lab/svc.log").st_mode))]


def _many_refusals(trial):
    """Three thousand refused clients leave nothing behind in the daemon."""
    trial.start(defaults("log_type = FILE /dev/null") + internal("daytime", "only_from = 10.0.0.1", "cps = 0 1"))
    def refuse(count):
        for _ in range(count):
            trial.ask()
    refuse(300)
    fds, rss = len(trial.daemon.fds()), trial.daemon.rss()
    refuse(3000)
    time.sleep(0.2)
    return {"fds": len(trial.daemon.fds()) - fds, "grown": trial.daemon.rss() > rss + 300}


def families(*lines, before=""):
    """Whether the service answers over IPv4 and over IPv6."""
    def observe(trial):
        trial.start((before or defaults()) + service("a1", *lines))
        return [trial.ask(to="127.0.0.1") == "hello", trial.ask(to="::1") == "hello"]
    return observe


BOTH, ONLY_IPV4, ONLY_IPV6, NEITHER = [True, True], [True, False], [False, True], [False, False]


def _own_file(trial):
    trial.start(defaults() + service("a1", "log_type = FILE /run/lab/own.log") + service("a2", port=20002))
    trial.ask()
    trial.ask(20002)
    own = trial.lab.path("own.log")
    netlab.wait_until(lambda: os.path.exists(own) and "EXIT" in pathlib.Path(own).read_text(), 3.0)
    ids = set(re.findall(r": (?:START|EXIT): (\w+)", pathlib.Path(own).read_text()))
    return [sorted(ids), trial.records(), oct(stat.S_IMODE(os.stat(own).st_mode))]


def _no_log_type(trial):
    trial.start(defaults(without=["log_type"]) + service("a1", "log_type = FILE /run/lab/own.log") +
                service("a2", port=20002))
    return [trial.ask(20002), trial.records(), os.path.exists("/run/lab/own.log")]


def _rotation(trial):
    trial.start(defaults() + service())
    trial.ask()
    trial.settle()
    os.rename("/run/lab/svc.log", "/run/lab/svc.old")
    trial.daemon.reload()
    trial.ask()
    trial.settle()
    new = pathlib.Path("/run/lab/svc.log")
    return [new.exists() and "START" in new.read_text(),
            pathlib.Path("/run/lab/svc.old").read_text().count("START")]


def _program_log(trial):
    trial.start(defaults() + service("a1"))
    first = trial.daemon.logged("Started working")[0]
    return [first.level, first.text, bool(re.fullmatch(
        r"\d\d/\d+/\d+@\d\d:\d\d:\d\d (xinetd|posternd)\[%d\]: NOTICE: .*" % trial.daemon.pid, first.raw))]


def syslog(*lines, count=2):
    """The priorities and texts that one client makes the daemon send to syslogd."""
    def observe(trial):
        received = trial.lab.listen_syslog()
        trial.start(defaults(without=["log_type"]) + service("a1", *lines))
        trial.ask()
        netlab.wait_until(lambda: len(received()) >= count, 2.0)
        found = [re.match(r"<(\d+)>.{15} (?:xinetd|posternd)\[\d+\]: (.*)", text) for text in received()]
        return sorted([int(m[1]), re.sub(r"(pid|duration)=\S+", r"\1=N", m[2]).replace("::ffff:", "")]
                      if m else "unread" for m in found)
    return observe


SERVED = ["EXIT: a1 status=0 pid=N duration=0(sec)", "START: a1 pid=N from=127.0.0.1"]
UNOPENABLE = "FILE /run/lab/no/such/log"

CASES = [
    Case("98a", "everything on success", recorded(), SERVED),
    Case("98b", "log_on_success -= PID HOST", recorded("log_on_success -= PID HOST"),
         ["EXIT: a1 status=0 duration=0(sec)", "START: a1"]),
    Case("98c", "log_on_success = DURATION", recorded("log_on_success = DURATION"),
         ["EXIT: a1 duration=0(sec)", "START: a1"]),
    Case("98d", "an empty log_on_success", recorded("log_on_success ="), []),
    Case("98e", "log_on_success = PID", recorded("log_on_success = PID"), ["START: a1 pid=N"]),
    Case("98f", "log_on_failure = ATTEMPT", recorded("log_on_failure = ATTEMPT", "instances = 0"),
         ["FAIL: a1 service_limit"]),
    Case("98g", "an empty log_on_failure", recorded("log_on_failure =", "instances = 0"), []),
    Case("98h", "the id is what is recorded", recorded("id = other", "log_on_success = HOST"),
         ["START: other from=127.0.0.1"]),
    Case("98i", "an unknown word in log_on_success", answers(defaults() + service("a1", "log_on_success = NOISE")),
         {20001: "refused", "running": True}),
    Case("98j", "the form of a record and of its file", _line_format, [True, "0o644"]),
    Case("98k", "the form of a message", _program_log, ["NOTICE", "Started working: 1 available service", True]),
    Case("98l", "SYSLOG with the usual level", syslog("log_type = SYSLOG daemon"),
         [[30, "EXIT: a1 status=0 pid=N duration=N"], [30, "START: a1 pid=N from=127.0.0.1"]]),
    Case("98m", "SYSLOG with another level",
         syslog("log_type = SYSLOG local3 warning", "instances = 0", count=1),
         [[156, "FAIL: a1 service_limit from=127.0.0.1"]]),
    Case("99a", "a log with a hard limit", _hard_limit, [True, True]),
    Case("99b", "a hard limit below the soft one", answers(defaults() + service("a1", "log_type = FILE /run/lab/x 10K 5K")),
         {20001: "refused", "running": True}),
    Case("99c", "a log that cannot be opened",
         answers(defaults() + service("a1", f"log_type = {UNOPENABLE}"), complaint=["a1", "log"]),
         {20001: "refused", "complaint": True, "running": True},
         Differs("log-limits", {20001: "hello", "complaint": True, "running": True})),
    Case("99d", "an unknown syslog facility", answers(defaults() + service("a1", "log_type = SYSLOG nothing")),
         {20001: "refused", "running": True}),
    Case("100", "three thousand refusals", _many_refusals, {"fds": 0, "grown": False}, timeout=90.0),
    Case("101a", "neither family nor v6only", families(), BOTH),
    Case("101b", "v6only = yes", families("v6only = yes"), ONLY_IPV6),
    Case("101c", "v6only = no", families("v6only = no"), ONLY_IPV6, Differs("v6only", BOTH)),
    Case("101d", "v6only = yes in defaults", families(before=defaults("v6only = yes")), BOTH,
         Differs("v6only", ONLY_IPV6)),
    Case("101e", "flags = IPv4", families("flags = IPv4"), ONLY_IPV4),
    Case("101f", "flags = IPv6", families("flags = IPv6"), BOTH),
    Case("101g", "flags = IPv4 IPv6", families("flags = IPv4 IPv6"), BOTH),
    Case("101h", "bind = 127.0.0.1", families("bind = 127.0.0.1"), ONLY_IPV4),
    Case("101i", "bind = ::1", families("bind = ::1"), ONLY_IPV6),
    Case("101j", "bind = 127.0.0.1 and flags = IPv6", families("bind = 127.0.0.1", "flags = IPv6"), BOTH,
         Differs("bind-family", NEITHER)),
    Case("101k", "interface is another word for bind", families("interface = 127.0.0.1"), ONLY_IPV4),
    Case("101l", "bind in defaults", families(before=defaults("bind = ::1")), ONLY_IPV6),
    Case("109a", "a log file of one's own", _own_file,
         [["a1"], ["EXIT a2 status=0", "START a2 from=127.0.0.1"], "0o644"]),
    Case("109b", "no log_type at all", _no_log_type, ["hello", [], True]),
    Case("110", "a reload opens the log files again", _rotation, [True, 1]),
]
