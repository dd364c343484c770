// SPDX-License-Identifier: BSD-2-Clause
// The fields of an inetd.conf line, each from its word into its members of InetdEntry.
//
// Called by inetd_parser.cc alone. Every function returns false after it has reported an error, and
// the entry must then not be used.
#pragma once

#include <vector>

#include "policy/service/inetd_lines.h"
#include "policy/service/inetd_parser.h"

namespace postern::policy {

// "host[,host]", `length` bytes from the start of `word`. "*" is every address: no hosts.
bool ParseInetdHosts(const InetdWord& word, std::size_t length, InetdReport& report,
                     std::vector<InetdHost>& hosts);

// The length of the "host:" prefix of a service name without its colon; npos when it has none.
std::size_t InetdPrefixLength(std::string_view name);

// Field 1, behind the prefix that has been parsed already: `offset` bytes into `word`.
bool ParseInetdName(const InetdWord& word, std::size_t offset, InetdReport& report,
                    InetdEntry& entry);
// Field 1 in FreeBSD's form for unix sockets, ":user:group:mode:/path".
bool ParseInetdUnixName(const InetdWord& word, InetdReport& report, InetdEntry& entry);

bool ParseInetdSocketType(const InetdWord& word, InetdReport& report, InetdEntry& entry);
bool ParseInetdWait(const InetdWord& word, InetdReport& report, InetdEntry& entry);
bool ParseInetdUser(const InetdWord& word, InetdReport& report, InetdEntry& entry);
bool ParseInetdProgram(const InetdWord& word, InetdReport& report, InetdEntry& entry);

// Field 3. `rpc` says whether it began with "rpc/".
bool ParseInetdProtocol(const InetdWord& word, InetdReport& report, InetdEntry& entry, bool& rpc);

}  // namespace postern::policy
