# SPDX-License-Identifier: BSD-2-Clause
"""Cases 31-45: the words of only_from and no_access, and who is served under them.

Clients come from 127.0.0.1, 127.0.0.2, 127.1.2.3 and ::1; a service that is down serves nobody.
"""
from suite import Case, Differs, SOURCES, admits, defaults, service

ALL = list(SOURCES)
IPV4 = ALL[:3]
NOBODY = []
ONE, TWO, FAR, SIX = ALL
NAMES = ("127.0.0.1 localhost\n::1 localhost\n127.0.0.2 good.Example.COM\n127.1.2.3 evilexample.com\n"
         "127.5.5.5 x.example.com.example.com\n")

# 127.0.0.1 says that it is borrowed.example.org, which is an alias of another host.
BORROWED = {"/etc/hosts": "127.0.0.9 other.example.net borrowed.example.org\n127.0.0.1 borrowed.example.org\n"}
LOCALHOST = {"/etc/hosts": "127.0.0.1 localhost\n"}


def _records_of_a_refusal(*lines):
    def observe(trial):
        trial.start(defaults() + service("a1", *lines))
        return [trial.ask(), trial.records()]
    return observe


def _complaint_of_a_draw(trial):
    trial.start(defaults() + service("a1", "only_from = 127.0.0.1", "no_access = 127.0.0.1"))
    return [trial.admitted(), trial.records("FAIL")[:1]]


def _domain(trial):
    trial.lab.write("/etc/hosts", NAMES)
    trial.start(defaults() + service("a1", "only_from = .example.com", "flags = IPv4"))
    return trial.admitted(sources=["127.0.0.2", "127.1.2.3", "127.5.5.5", "127.9.9.9"])


def _network(trial):
    trial.lab.write("/etc/networks", "loopback 127.0.0.0\n")
    trial.start(defaults() + service("a1", "only_from = loopback", "flags = IPv4"))
    return trial.admitted()


def _only_from(number, words, xinetd, posternd=None):
    title = f"only_from = {words}"
    observe = admits(f"only_from = {words}")
    return Case(number, title, observe, xinetd, *([posternd] if posternd else []))


def _inherits(number, line, admitted):
    first = defaults("only_from = 127.0.0.1")
    return Case(number, f"{line} where defaults have only_from = 127.0.0.1", admits(line, before=first), admitted)


def _order(first):
    blocks = [service(), defaults("only_from = 10.0.0.1")]

    def observe(trial):
        trial.start("".join(blocks if first == "service" else reversed(blocks)))
        return trial.admitted()
    return observe


REFUSED_BY_XINETD = ["closed", ["EXIT a1 status=0", "FAIL a1 address from=127.0.0.1", "START a1 from=127.0.0.1"]]
REFUSED = ["closed", ["FAIL a1 address from=127.0.0.1"]]

CASES = [
    Case("31", "no address rule at all", admits(), ALL),
    Case("31b", "an empty only_from", _records_of_a_refusal("only_from ="), REFUSED_BY_XINETD,
         Differs("refusal-records", REFUSED)),
    _only_from("31c", "", NOBODY),
    _only_from("32a", "127.1.0.0", [FAR]),
    _only_from("32b", "0.0.0.0", IPV4),
    _only_from("32c", "127.0.0.0/30", [ONE, TWO]),
    Case("32f", "every IPv6 address, on an IPv4 socket", admits("only_from = ::/0", "flags = IPv4"), NOBODY,
         Differs("address-v6-any", IPV4)),
    _only_from("32d", "0.0.0.0/0", IPV4),
    _only_from("32e", "::/0", ALL),
    Case("33a", "a host name, dual-stack", admits("only_from = localhost", files=LOCALHOST), NOBODY,
         Differs("names-mapped", [ONE])),
    Case("33b", "a host name, IPv4 only", admits("only_from = localhost", "flags = IPv4"), [ONE]),
    Case("33c", "an address before a host name", admits("only_from = 127.0.0.2 localhost", "flags = IPv4"), [ONE, TWO]),
    Case("33d", "a host name in no_access", admits("no_access = localhost", "flags = IPv4"), [TWO, FAR],
         Differs("names-unknown", NOBODY)),
    Case("33f", "a host name that is somebody else's", admits("only_from = .example.org", "flags = IPv4", files=BORROWED),
         [ONE], Differs("names-confirmed", NOBODY)),
    Case("33e", "a client without a name", admits("only_from = good.Example.COM", "flags = IPv4"), NOBODY),
    _only_from("34a", "::", NOBODY),
    _only_from("34b", "::1", [SIX]),
    _only_from("34c", "::1/127", [SIX]),
    _only_from("34d", "::1/128", NOBODY, Differs("address-v6-host", [SIX])),
    _only_from("35a", "127.{0,1}", IPV4),
    _only_from("35b", "127.0.0.{1,9}", [ONE]),
    _only_from("35c", "127.1.{2}", [FAR]),
    _only_from("35d", "127.0.{1,,2}", NOBODY),
    _only_from("35e", "127.{0,1}.2.3", NOBODY),
    _only_from("36", "127.1", [ONE], Differs("address-short", NOBODY)),
    _only_from("37a", "127.0.0.1/255.255.255.0", [ONE], Differs("address-mask", [ONE, TWO])),
    _only_from("37b", "127.0.0.1/33", [ONE], Differs("address-mask", NOBODY)),
    _only_from("38", "127.0.0.1,127.0.0.2", NOBODY),
    _only_from("39a", "no.such.host.invalid", NOBODY),
    Case("39b", "no_access = no.such.host.invalid", admits("no_access = no.such.host.invalid"), ALL,
         Differs("names-unknown", [ONE, SIX])),
    Case("40a", "an address that is in both lists", _complaint_of_a_draw, [NOBODY, [
        "FAIL a1 address from=127.0.0.1"]]),
    Case("40b", "no_access inside only_from", admits("only_from = 127.0.0.0", "no_access = 127.0.0.2"), [ONE, FAR]),
    Case("40c", "only_from inside no_access", admits("only_from = 127.0.0.2", "no_access = 127.0.0.0/8"), NOBODY),
    Case("40d", "the more specific rule wins where that is asked for",
         admits("only_from = 127.0.0.2", "no_access = 127.0.0.0/8", "access_precedence = specific"), NOBODY,
         Differs("precedence", [TWO])),
    _only_from("41", "::ffff:127.0.0.0/104", IPV4),
    Case("42a", "no_access with one address", admits("no_access = 127.0.0.2"), [ONE, FAR, SIX]),
    Case("42b", "an empty no_access", admits("no_access ="), ALL),
    _inherits("43a", "nice = 0", [ONE]),
    _inherits("43b", "only_from = 127.0.0.2", [TWO]),
    _inherits("43c", "only_from += 127.0.0.2", [ONE, TWO]),
    _inherits("43d", "only_from -= 127.0.0.1", NOBODY),
    Case("43e", "only_from twice in defaults",
         admits(before=defaults("only_from = 127.0.0.1", "only_from = 127.0.0.2")), [ONE, TWO]),
    Case("44a", "defaults before the service", _order("defaults"), NOBODY),
    Case("44b", "defaults behind the service", _order("service"), ALL, Differs("defaults-order", NOBODY)),
    Case("45a", "a domain", _domain, ["127.0.0.2"], Differs("address-domain", ["127.0.0.2", "127.5.5.5"])),
    Case("45b", "a network name", _network, NOBODY, Differs("address-network", IPV4)),
]
