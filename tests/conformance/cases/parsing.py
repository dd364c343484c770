# SPDX-License-Identifier: BSD-2-Clause
"""Cases 1-30: how configuration files are read, and what one mistake in them costs."""
from suite import Case, Differs, answers, defaults, exits, service

D = defaults()


def _first_client(trial):
    trial.start(D + service())
    answer = trial.ask()
    trial.settle()
    records = trial.daemon.service_log()
    return {"answer": answer, "from": [r.fields.get("from") for r in records if r.kind == "START"],
            "records": trial.records(), "pid": all(r.fields["pid"].isdigit() for r in records),
            "duration": records[-1].fields["duration"] in ("0(sec)", "1(sec)")}


def _junk_first(trial):
    trial.start("junk\n" + D + service())
    return {"answer": trial.ask(), "records": len(trial.records())}


def _relative_includes(trial):
    trial.lab.write("parts/a1", service())
    daemon = trial.start(D + "includedir parts\n", "-stayalive")
    before = trial.ask()
    return {"before": before, "reloaded": daemon.reload(), "after": trial.ask()}


def _includes_itself(trial):
    trial.lab.write("loop.conf", service("a1", "bind = 127.0.0.1") + "include /run/lab/loop.conf\n")
    trial.start(D + "include /run/lab/loop.conf\n" + service("a2", port=20002), nofile=64)
    return {"running": trial.daemon.running(), "complaint": trial.complains("loop.conf"),
            "inside": trial.ask(), "behind": trial.ask(20002)}


def _merged_defaults(trial):
    trial.lab.write("more.conf", "defaults\n{\n\tonly_from = 127.0.0.2\n}\n")
    trial.start(defaults("only_from = 127.0.0.1") + "include /run/lab/more.conf\n" + service())
    return trial.admitted()


def _second_defaults(trial):
    trial.start(defaults("only_from = 127.0.0.1") + "defaults\n{\n\tonly_from = 127.0.0.2\n}\n" + service())
    return trial.admitted() if trial.daemon.running() else trial.daemon.wait_exit()


def _includedir(trial):
    ports = {"aa": 20001, "b.b": 20002, "cc~": 20003, ".hid": 20004, "ab-c": 20005, "rpmnew": 20006}
    for name, port in ports.items():
        trial.lab.write(f"parts/{name}", service(f"s{port}", f"server_args = {name}", port=port))
    trial.lab.write("parts/subdir/inner", service("inner", port=20007))
    trial.start(D + "includedir /run/lab/parts\n")
    return {port: trial.ask(port) for port in range(20001, 20008)}


def _includedir_order(trial):
    """Of two entries for one address and port the first one read serves."""
    for name in ("b", "ab", "a-c", "B"):
        trial.lab.write(f"parts/{name}", service(f"s{name}", f"server_args = {name}", "bind = 127.0.0.1"))
    trial.start(D + "includedir /run/lab/parts\n")
    return trial.ask()


UP = {20001: "hello", "running": True}
DOWN = {20001: "refused", "running": True}
UP_WITH_WARNING = {20001: "hello", "complaint": True, "running": True}
DOWN_WITH_ERROR = {20001: "refused", "complaint": True, "running": True}
BAD_ACCESS = ("no_access = 127.0.0.1,127.0.0.2", "disable = no")
TWO_DEFAULTS_LOGS = defaults("log_type = FILE /run/lab/svc.log", "log_type = FILE /run/lab/other.log")

CASES = [
    Case("1", "a client is served and recorded", _first_client,
         {"answer": "hello", "from": ["::ffff:127.0.0.1"], "pid": True, "duration": True,
          "records": ["EXIT a1 status=0", "START a1 from=127.0.0.1"]},
         Differs("plain-ipv4",
                 {"answer": "hello", "from": ["127.0.0.1"], "pid": True, "duration": True,
                  "records": ["EXIT a1 status=0", "START a1 from=127.0.0.1"]})),
    Case("2", "an unknown attribute", answers(D + service("a1", "bogus = 1"), complaint=["bogus"]),
         UP_WITH_WARNING, Differs("unknown-attribute", DOWN_WITH_ERROR)),
    Case("3", "a value that is none of the allowed ones",
         answers(D + service("a1", "wait = maybe"), complaint=["error"]), DOWN_WITH_ERROR),
    Case("4", "no blank before the operator costs one entry",
         answers(D + service("a1", "port=20001", without=["port"]) + service("a2", port=20002), 20001, 20002,
                 complaint=["operator"]),
         {20001: "refused", 20002: "hello", "complaint": True, "running": True}),
    Case("5", "no blank behind the operator", answers(D + service("a1", "port =20001", without=["port"])), UP),
    Case("6", "an attribute given twice", answers(D + service("a1", "wait = no", "wait = yes"), complaint=["wait"]),
         UP_WITH_WARNING, Differs("repeated-attribute", DOWN_WITH_ERROR)),
    Case("7", "two values where one belongs",
         answers(D + service("a1", "port = 20001 20007"), 20001, 20007, complaint=["port"]),
         {20001: "refused", 20007: "refused", "complaint": True, "running": True}),
    Case("7b", "a limit with too many values", answers(D + service("a1", "instances = 0 0"), complaint=["instances"]),
         UP_WITH_WARNING, Differs("value-count", DOWN_WITH_ERROR)),
    Case("8", "a comment behind the port", answers(D + service("a1", "port = 20001 # c"), complaint=["port"]),
         DOWN_WITH_ERROR),
    Case("8b", "a comment behind a limit",
         answers(D + service("a1", "instances = 0 # none"), complaint=["instances"]),
         UP_WITH_WARNING, Differs("trailing-comment", DOWN_WITH_ERROR)),
    Case("8c", "a comment behind a limit, where trailing_comments = accept",
         answers(defaults("trailing_comments = accept") + service("a1", "instances = 0 # none")),
         UP, Differs("trailing-comment", {20001: "closed", "running": True})),
    Case("9", "an opening brace on the line of the name",
         answers(D + service("b1").replace("\n{", " {", 1) + service("b2", port=20002), 20001, 20002,
                 complaint=["{"]),
         {20001: "refused", 20002: "hello", "complaint": True, "running": True}),
    Case("10", "a junk line before defaults", _junk_first, {"answer": "hello", "records": 0},
         Differs("junk-line", {"answer": "hello", "records": 2})),
    Case("11", "a missing closing brace",
         answers(D + service("a1")[:-2] + service("a2", port=20002) + service("a3", port=20003),
                 20001, 20002, 20003),
         {20001: "refused", 20002: "refused", 20003: "hello", "running": True},
         Differs("missing-brace", {20001: "refused", 20002: "hello", 20003: "hello", "running": True})),
    Case("12", "upper case, tabs, blank lines and comments before the brace",
         answers("DEFAULTS\n\n# c\n{\n\tLOG_TYPE\t=\tfile\t/run/lab/svc.log\n}\nSERVICE A1\n\n  # c\n{\n"
                 " TYPE = unlisted\n SOCKET_TYPE = STREAM\n\tProtocol =\ttcp\n WAIT = NO\n USER = root\n"
                 " Server = /bin/echo\n Server_Args = hello\n PORT = 20001\n # c\n\n}\n"), UP),
    Case("13", "lines that end in CR LF", answers((D + service()).replace("\n", "\r\n")),
         {20001: "refused", "running": True}, Differs("crlf", UP)),
    Case("14", "an unknown attribute in defaults", answers(defaults("bogus = 1") + service(), complaint=["bogus"]),
         UP_WITH_WARNING,
         Differs("bad-defaults", {20001: "refused", "complaint": True, "running": False})),
    Case("15", "a bad value in defaults", exits(defaults("instances = abc") + service()), 0,
         Differs("bad-defaults", 1)),
    Case("16", "two log types in defaults", exits(TWO_DEFAULTS_LOGS + service()), 0, Differs("bad-defaults", 1)),
    Case("17", "a second defaults entry in one file", _second_defaults, ["127.0.0.1"],
         Differs("bad-defaults", 1)),
    Case("17b", "a defaults entry in an included file is merged", _merged_defaults, ["127.0.0.1", "127.0.0.2"]),
    Case("18", "disable = no behind a bad no_access", answers(D + service("a1", *BAD_ACCESS)), UP,
         Differs("held-service", DOWN)),
    Case("19", "disable = no behind a bad bind", answers(D + service("a1", "bind = 999.1.1.1", "disable = no")), UP,
         Differs("held-service", DOWN)),
    Case("20", "a service with a bad limit is listed in enabled",
         answers(defaults("enabled = a1") + service("a1", "instances = junk")), UP,
         Differs("held-service", DOWN)),
    Case("21", "disabled matches whatever the case, and may name nobody",
         answers(defaults("disabled = A1 nosuch") + service() + service("a2", port=20002), 20001, 20002,
                 complaint=["nosuch"]),
         {20001: "refused", 20002: "hello", "complaint": False, "running": True},
         Differs("unknown-id", {20001: "refused", 20002: "hello", "complaint": True, "running": True})),
    Case("22", "disabled beats enabled, and both mean ids",
         answers(defaults("enabled = a1 myid", "disabled = a1") + service() +
                 service("a2", "id = myid", port=20002) + service("a3", port=20003), 20001, 20002, 20003),
         {20001: "refused", 20002: "hello", 20003: "refused", "running": True}),
    Case("23", "an empty enabled", answers(defaults("enabled =") + service()), DOWN),
    Case("24", "what follows disable = yes is not looked at",
         answers(D + service("a1", "disable = yes", "instances = junk", "bogus = 1") + service("a2", port=20002),
                 20001, 20002, complaint=["error"]),
         {20001: "refused", 20002: "hello", "complaint": False, "running": True}),
    Case("25", "which files of a folder are included", _includedir,
         {20001: "aa", 20002: "refused", 20003: "refused", 20004: "refused", 20005: "ab-c", 20006: "rpmnew",
          20007: "refused"}),
    Case("25b", "the files of a folder are read in the order of their bytes", _includedir_order, "B"),
    Case("26", "a relative includedir after a reload", _relative_includes,
         {"before": "hello", "reloaded": True, "after": "refused"},
         Differs("relative-path", {"before": "hello", "reloaded": True, "after": "hello"})),
    Case("27", "a file that includes itself", _includes_itself,
         {"running": True, "complaint": True, "inside": "hello", "behind": "hello"}),
    Case("28", "one id twice, on two ports", answers(D + service("a1", "id = x") + service("a2", "id = x", port=20002),
                                                     20001, 20002),
         {20001: "hello", 20002: "hello", "running": True},
         Differs("duplicate-id", {20001: "hello", 20002: "refused", "running": True})),
    Case("29", "one port twice", answers(D + service("a1") + service("a2", "server_args = second"), 20001,
                                         complaint=["a2"]), UP_WITH_WARNING),
    Case("30", "one address and port twice",
         answers(D + service("a1", "bind = 127.0.0.1") + service("a2", "bind = 127.0.0.1", "server_args = second"),
                 complaint=["a2"]), UP_WITH_WARNING),
    Case("30b", "two addresses with one port", lambda trial: [
        trial.start(D + service("a1", "bind = 127.0.0.1") +
                    service("a2", "bind = 127.0.0.2", "server_args = second")) and None,
        trial.ask(to="127.0.0.1"), trial.ask(to="127.0.0.2")], [None, "hello", "second"]),
]
