// SPDX-License-Identifier: BSD-2-Clause
// The rows of hosts.allow and hosts.deny; see finding_table.h.
#include "policy/check/finding_table.h"

namespace postern::policy::check {
namespace {

using enum Severity;

constexpr FindingKind kRows[] = {

    // Lines of hosts.allow and hosts.deny.
    {"not-hosts-file", kError, "not a hosts file",
     "The file is something else under this name: an encrypted blob, a list of names, the syntax "
     "of another program. It is evaluated nevertheless, as tcp_wrappers does."},
    {"table-unreadable", kError, "the file cannot be read",
     "A hosts.allow that cannot be read grants nothing; a hosts.deny that cannot be read refuses "
     "everybody."},
    {"table-too-large", kError, "the file has too many rules and words",
     "It is not used, as one that cannot be read: a hosts.allow grants nothing, a hosts.deny "
     "refuses "
     "everybody."},
    {"missing-newline", kError, "the last line lacks its newline",
     "In hosts.allow the line is lost; in hosts.deny everybody is refused whom no rule before it "
     "decides."},
    {"line-too-long", kError, "the line is too long",
     "Of an access file, the line and all behind it is lost, and in hosts.deny everybody is "
     "refused; of another file, the line is not used."},
    {"nul-byte", kError, "a NUL byte in a line",
     "It hides the rest of its line, and the next line is joined to it."},
    {"byte-order-mark", kError, "the file begins with a byte order mark",
     "It is read as a part of the first word, which therefore never matches."},
    {"carriage-return", kWarning, "lines end in a carriage return",
     "A backslash in front of one does not join lines."},
    {"blank-behind-backslash", kError, "the backslash does not join lines",
     "Only a backslash at the very end of a line joins it with the next."},
    {"indented-comment", kWarning, "an indented line that begins with #",
     "Only a # in the first column makes a comment, so this line is read as a rule."},
    {"trailing-comment", kWarning, "a comment behind other text",
     "In an access file its words are read as clients and options. In xinetd.conf they are read as "
     "values; xinetd drops such an attribute, and postern keeps the service down."},
    {"missing-colon", kError, "no colon between daemons and clients",
     "The line is skipped, so a rule of hosts.deny refuses nobody."},
    {"unbalanced-brackets", kError, "brackets that do not pair",
     "They hide every colon behind them."},
    {"empty-daemon-list", kWarning, "no daemon", "The rule never matches."},
    {"empty-client-list", kWarning, "no client", "The rule never matches."},
    {"nothing-before-except", kWarning, "nothing in front of EXCEPT", "The rule never matches."},
    {"nothing-behind-except", kWarning, "nothing behind EXCEPT", "It excludes nobody."},
    {"too-many-findings", kNote, "further findings are left out",
     "What was left out is like what was told, or, in inetd.conf, the lines behind are not read."},

    // Words of rules.
    {"unbracketed-ipv6", kError, "an IPv6 address without brackets",
     "The clients end at its first colon, and the rest is an error among the options, which "
     "refuses."},
    {"host-bits-set", kError, "bits behind the mask",
     "A network with bits behind its mask never matches, not even the address that is written."},
    {"zero-length-net", kError, "an IPv4 network of length 0",
     "It never matches; 0.0.0.0/0.0.0.0 matches every IPv4 address."},
    {"malformed-net", kError, "no network",
     "What stands around the slash is no network, so it never matches."},
    {"malformed-ipv6", kError, "no IPv6 address in the brackets",
     "It never matches; where a zone names a network interface, that has to be there."},
    {"malformed-ipv6-length", kError, "no length behind an IPv6 network",
     "tcp_wrappers takes it for 0, which is every IPv6 address; postern does so only where that "
     "refuses."},
    {"loose-length", kWarning, "a length with more than a number",
     "What follows the number is ignored."},
    {"scattered-mask", kWarning, "a mask with ones behind a zero",
     "It means what it says, but it is hardly meant."},
    {"mapped-pattern", kWarning, "an IPv4 address in IPv6 form",
     "An IPv4 client is compared as IPv4, so this never matches."},
    {"pattern-file", kError, "a pattern file that cannot be used",
     "The rule grants nothing, and refuses everybody for whom the file is asked."},
    {"impossible-address", kError, "an address that no client has",
     "Addresses are compared with their exact text; prefixes end in a dot, and ranges do not "
     "exist."},
    {"suffix-of-address", kWarning, "the end of an address",
     "A leading dot matches every address that ends like this."},
    {"impossible-name", kError, "a name that no host has", "It never matches."},
    {"misspelt-wildcard", kWarning, "a misspelt wildcard", "It is taken for the name of a host."},
    {"name-ends-in-dot", kWarning, "a name with a dot behind it",
     "It matches every name that begins like this, in whatever domain: its owner chooses who "
     "passes."},
    {"impossible-daemon", kError, "a word that names no daemon",
     "Daemons are known by the last part of the path of their program."},
    {"unused-daemon", kWarning, "a daemon that nothing here uses",
     "No service of the configuration and no program known to ask asks under this name."},

    // Options of rules.
    {"missing-option-name", kError, "an option without a name", "The client is refused."},
    {"bad-option-name", kError, "an option that does not exist", "The client is refused."},
    {"option-needs-value", kError, "an option without its value", "The client is refused."},
    {"option-takes-no-value", kError, "an option with a value it does not take",
     "The client is refused."},
    {"option-not-last", kError, "an option that must stand last", "The client is refused."},
    {"bad-option-value", kError, "the value of an option is wrong", "The client is refused."},
    {"missing-command", kWarning, "a command that cannot be run",
     "The program that spawn, twist or aclexec names is missing or may not be executed."},
    {"missing-banners", kWarning, "a directory of banners that cannot be read",
     "Clients are shown nothing."},
    {"option-without-effect", kNote, "an option that never acts",
     "Nothing is started for a client that is refused, so what would be set for it is not."},

    // Rules together.
    {"allow-all", kError, "a rule that allows everybody stands in front of others",
     "What is refused behind it is not refused."},
    {"unreachable-rules", kWarning, "rules that are never reached",
     "A rule in front of them decides for everybody."},
    {"shadowed-rule", kWarning, "a rule that never decides",
     "Rules in front of it decide for all it speaks of, and not as it would."},
    {"redundant-rule", kNote, "a rule that changes nothing",
     "Rules in front of it decide the same for all it speaks of."},
    {"duplicate-rule", kWarning, "the same rule twice", "The second one never decides."},
    {"no-deny-rule", kWarning, "nothing is refused",
     "What no rule refuses is allowed, so rules that allow mean nothing alone."},
    {"analysis-incomplete", kNote, "not everything was looked at",
     "The work that is done for one check is bounded. Of rules that were not compared with those "
     "in "
     "front of them it is known whether one decides for everybody, and no more; services that "
     "strangers were not tried on, and files that were not looked for, may be fine or not."},
};

}  // namespace

std::span<const FindingKind> HostsFindingKinds() { return kRows; }

}  // namespace postern::policy::check
