# SPDX-License-Identifier: BSD-2-Clause
"""Cases 102-106: inetd.conf, read with -inetd_compat behind the main file."""
from suite import Case, Differs, defaults, looks_like_time, service

SERVICES = ("alpha 20001/tcp alphaalias\nbeta 20002/tcp\ngamma 20003/tcp\ndaytime 20013/tcp\ndaytime 20013/udp\n"
            "echo 20007/tcp\necho 20007/udp\ntcpmux 20015/tcp\n")
ALPHA = "alpha stream tcp nowait root /bin/echo echo hello\n"
BETA = "beta stream tcp nowait root /bin/echo echo beta\n"


def compat(lines, *ports, main="", sources=None):
    """{port: what a client sees} with these lines in /etc/inetd.conf."""
    def observe(trial):
        trial.lab.write("/etc/services", SERVICES)
        trial.lab.write("/etc/inetd.conf", lines)
        trial.start(main or defaults(), "-inetd_compat")
        if not trial.daemon.running():
            return "dead"
        if sources:
            return trial.admitted(ports[0], sources)
        return {port: trial.ask(port) for port in ports or (20001,)}
    return observe


def times_served(lines, count):
    def observe(trial):
        compat(lines, 20009)(trial)
        return sum(trial.serves() for _ in range(count))
    return observe


def _waiting_line(trial):
    """A server that gets the listening socket is recorded without its client's address."""
    compat("alpha stream tcp wait.5 root /bin/sleep sleep 3\n", 20009)(trial)
    with trial.lab.connect(20001):
        return trial.records("START")


def _daytime(trial):
    compat("daytime stream tcp nowait root internal\n", 20009)(trial)
    return looks_like_time(trial.ask(20013))


def _groups(user):
    def observe(trial):
        return compat(f"alpha stream tcp nowait {user} /usr/bin/id id -g\n")(trial)
    return observe


def _only_ipv6(trial):
    compat("alpha stream tcp6 nowait root /bin/echo echo hello\n", 20009)(trial)
    return [trial.ask(), trial.ask(to="::1")]


def _address(trial):
    compat("127.0.0.2:alpha stream tcp nowait root /bin/echo echo hello\n", 20009)(trial)
    return [trial.ask(), trial.ask(to="127.0.0.2")]


def _unix_socket(trial):
    compat("/run/lab/gate stream unix nowait root /bin/echo echo hello\n", 20009)(trial)
    try:
        return trial.lab.unix_connect("/run/lab/gate").read_all().decode().strip()
    except FileNotFoundError:
        return "nothing"


def _records(trial):
    compat(ALPHA)(trial)
    return trial.records()


HELLO = {20001: "hello"}
REFUSED = {20001: "refused"}
CASES = [
    Case("102a", "a plain line", compat(ALPHA), HELLO),
    Case("102b", "user.group", _groups("daemon.adm"), {20001: "4"}),
    Case("102c", "user:group", _groups("daemon:adm"), REFUSED, Differs("group", {20001: "4"})),
    Case("102d", "an internal service", _daytime, True),
    Case("102e", "nowait.5", times_served(ALPHA.replace("nowait", "nowait.5"), 7), 7,
         Differs("starts per minute", 5)),
    Case("102f", "wait.5 is a waiting service", _waiting_line, ["START alpha from=127.0.0.1"],
         Differs("starts per minute", ["START alpha from=<no address>"])),
    Case("102g", "tcp6", _only_ipv6, ["refused", "refused"], Differs("families", ["refused", "hello"])),
    Case("102h", "a number for a name", compat("20001 stream tcp nowait root /bin/echo echo hello\n"), REFUSED,
         Differs("numeric ports", HELLO)),
    Case("102i", "an address before the name", _address, ["refused", "refused"],
         Differs("addresses", ["refused", "hello"])),
    Case("102j", "comments and blank lines", compat("# c\n\n#<off># beta stream tcp nowait root /bin/echo echo no\n" +
                                                    ALPHA, 20001, 20002), {20001: "hello", 20002: "refused"}),
    Case("102k", "the records of a line", _records, ["EXIT alpha status=0", "START alpha from=127.0.0.1"]),
    Case("102l", "argv[0] is the word behind the server",
         compat("alpha stream tcp nowait root /bin/sh myname -c echo${IFS}$0\n"), {20001: "myname"}),
    Case("102m", "a quoted argument", compat("alpha stream tcp nowait root /bin/echo echo \"two words\"\n"),
         {20001: "\"two words\""}, Differs("quotes", {20001: "two words"})),
    Case("102n", "buffer sizes", compat(ALPHA.replace(" tcp ", " tcp,sndbuf=64k,rcvbuf=64k ")), REFUSED,
         Differs("buffers", HELLO)),
    Case("102o", "a unix socket", _unix_socket, "nothing", Differs("unix sockets", "hello")),
    Case("102p", "an IPsec policy", compat("#@ in ipsec esp/transport//require\n" + ALPHA), HELLO),
    Case("103", "a line of two words", compat("alpha stream\n" + BETA, 20001, 20002, main=defaults()), "dead",
         Differs("short-line", {20001: "refused", 20002: "beta"})),
    Case("103b", "a line of four words", compat("alpha stream tcp nowait\n" + BETA, 20001, 20002),
         {20001: "refused", 20002: "beta"}),
    Case("104", "internal tcpmux and a list of disabled services",
         compat("tcpmux stream tcp nowait root internal\n" + ALPHA, main=defaults("disabled = beta")), "dead",
         Differs("unix-line-id", HELLO)),
    Case("105a", "only_from of defaults",
         compat(ALPHA, 20001, main=defaults("only_from = 127.0.0.2"), sources=["127.0.0.1", "127.0.0.2"]),
         ["127.0.0.1", "127.0.0.2"], Differs("defaults-inetd", ["127.0.0.2"])),
    Case("105b", "instances of defaults", compat(ALPHA, main=defaults("instances = 0")), {20001: "closed"}),
    Case("106a", "a service that both files have",
         compat(ALPHA, main=defaults() + service("alpha", "server_args = first", without=["type", "port"])),
         {20001: "first"}),
    Case("106b", "a service that the main file disables",
         compat(ALPHA, main=defaults() + service("alpha", "disable = yes", without=["type", "port"])), HELLO,
         Differs("hidden-inetd-line", REFUSED)),
]
