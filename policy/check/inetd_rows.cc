// SPDX-License-Identifier: BSD-2-Clause
// The rows of inetd.conf; see finding_table.h.
#include "policy/check/finding_table.h"

namespace postern::policy::check {
namespace {

using enum Severity;

constexpr FindingKind kRows[] = {

    // Lines of inetd.conf.
    {"not-inetd-file", kError, "not an inetd.conf", "The file is something else under this name."},
    {"missing-field", kError, "a line that ends too early", "The line is not used."},
    {"too-many-words", kError, "too many words in a line", "The line is not used."},
    {"too-many-entries", kError, "too many lines", "The rest of the file is not read."},
    {"control-character", kError, "a control character", "The line is not used."},
    {"unbalanced-quote", kError, "a quote that is never closed", "The line is not used."},
    {"indented-entry", kWarning, "an indented line that looks like an entry",
     "A BSD inetd takes it for more arguments of the line before."},
    {"no-trailing-comments", kWarning, "a comment behind the arguments",
     "The program is given it as arguments."},
    {"bad-service-name", kError, "no name of a service", "The line is not used."},
    {"bad-port", kError, "no port", "The line is not used."},
    {"bad-listen-address", kError, "no address to listen on", "The line is not used."},
    {"listen-family-mismatch", kError, "an address of another family", "The line is not used."},
    {"bad-rpc-version", kError, "no version of an RPC service", "The line is not used."},
    {"bad-unix-path", kError, "no path of a socket", "The line is not used."},
    {"bad-unix-mode", kError, "no mode of a socket", "The line is not used."},
    {"unix-mismatch", kError, "a path without protocol unix, or unix without a path",
     "The line is not used."},
    {"bad-tcpmux", kError, "a tcpmux service of another kind", "The line is not used."},
    {"bad-socket-type", kError, "no type of a socket", "The line is not used."},
    {"bad-socket-option", kError, "no option of a socket", "The line is not used."},
    {"bad-protocol", kError, "no protocol", "The line is not used."},
    {"socket-protocol-mismatch", kError, "a socket that the protocol does not have",
     "The line is not used."},
    {"bad-wait", kError, "neither wait nor nowait", "The line is not used."},
    {"bad-user", kError, "no user", "The line is not used."},
    {"bad-program", kError, "no program", "The line is not used."},
    {"login-class-ignored", kWarning, "a login class", "It has no effect."},
    {"ipsec-ignored", kWarning, "an IPsec policy", "It is not applied."},
    {"no-xinetd-form", kWarning, "a line that xinetd.conf has no words for",
     "postern convert leaves it out."},
    {"kept-tcpd", kNote, "a line whose tcpd stays",
     "Without tcpd the access files would be asked under another name."},
    {"netbsd-include", kError, ".include of NetBSD", "The file is not read."},
    {"netbsd-key-values", kError, "key = value entries of NetBSD", "The line is not used."},
};

}  // namespace

std::span<const FindingKind> InetdFindingKinds() { return kRows; }

}  // namespace postern::policy::check
