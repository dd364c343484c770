// SPDX-License-Identifier: BSD-2-Clause
// inetd.conf line by line: fields to entries, and what holds between fields and between lines.
#include "policy/service/inetd_parser.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>

#include "policy/base/text.h"
#include "policy/service/inetd_fields.h"
#include "policy/service/inetd_lines.h"

namespace postern::policy {
namespace {

constexpr std::size_t kMaxEntries = 65536;
constexpr std::array<std::string_view, kInetdFields> kFieldNames = {
    "a service name",
    "a socket type (stream or dgram)",
    "a protocol (tcp or udp)",
    "wait or nowait",
    "a user",
    "a program or internal"};

class InetdReader {
 public:
  InetdReader(std::string_view text, const std::string& file)
      : report_(file), lines_(text, report_) {}

  InetdFile Read();

 private:
  void ReadLine(const InetdLine& line);
  bool IsForeign(const InetdLine& line);
  void SkipKeyValues(InetdLine line);
  bool IsSticky(const InetdLine& line);
  bool ParseLocation(const InetdWord& word, InetdEntry& entry);
  bool ParseFields(const std::vector<InetdWord>& words, InetdEntry& entry);
  bool CheckRpc(const InetdWord& name, bool rpc, InetdEntry& entry);
  bool CheckSocket(const std::vector<InetdWord>& words, const InetdEntry& entry);
  bool CheckHosts(const InetdWord& name, const InetdEntry& entry);
  bool CheckTcpmux(const InetdWord& name, const InetdEntry& entry);
  void TakeArguments(const std::vector<InetdWord>& words, InetdEntry& entry);
  void DividePairs();
  void Hold(const InetdWord& word) { file_.held.push_back({word.text, report_.Place(word)}); }

  InetdReport report_;
  InetdLines lines_;
  InetdFile file_;
  std::vector<InetdHost> sticky_;  // of the last "host:" line
  bool sticky_broken_ = false;
  std::set<std::string> ipv6_only_;  // ListenKey() of every line for tcp6 or udp6, good or held
  std::vector<std::size_t> plain_;   // entries that say tcp or udp and no more
};

// What two lines must share to compete for one port.
std::string ListenKey(const InetdEntry& entry) {
  std::string key = entry.protocol + ' ' + entry.name;
  for (const InetdHost& host : entry.hosts) key += ' ' + host.text;
  return key;
}

bool IsPlain(std::string_view protocol) {
  protocol = protocol.substr(0, protocol.find(','));
  return protocol == "tcp" || protocol == "udp";
}

InetdFile InetdReader::Read() {
  while (const std::optional<InetdLine> line = lines_.Next()) {
    if (file_.entries.size() + file_.held.size() >= kMaxEntries) {
      report_.Error(line->words.front(), 0, "too-many-entries",
                    "more than the " + std::to_string(kMaxEntries) +
                        " entries allowed; this line"
                        " and all that follow are not read");
      break;
    }
    if (line->broken) {
      Hold(line->words.front());
    } else if (!IsForeign(*line) && !IsSticky(*line)) {
      ReadLine(*line);
    }
  }
  DividePairs();
  file_.diagnostics = report_.Take();
  return std::move(file_);
}

// NetBSD's second syntax: "name on key = value, …;", which may go on for lines, and ".include".
bool InetdReader::IsForeign(const InetdLine& line) {
  const InetdWord& first = line.words.front();
  if (first.text == ".include") {
    report_.Error(first, 0, "netbsd-include", ".include is NetBSD's and is not read",
                  "put the lines into this file");
    Hold(first);
    return true;
  }
  if (line.words.size() < 2) return false;
  const std::string_view second = line.words[1].text;
  if (second != "on" && second != "off" && second != "on;" && second != "off;") return false;
  report_.Error(line.words[1], 0, "netbsd-key-values",
                "key = value entries are NetBSD's and are not read",
                "write: name socket-type protocol wait-or-nowait user program arguments");
  Hold(first);
  SkipKeyValues(line);
  return true;
}

void InetdReader::SkipKeyValues(InetdLine line) {
  const auto ends = [](const InetdWord& word) { return word.text.contains(';'); };
  while (std::ranges::none_of(line.words, ends)) {
    std::optional<InetdLine> next = lines_.Next();
    if (!next) return;
    line = *std::move(next);
  }
}

// "host:" alone on a line is the prefix of all lines to come that have none.
bool InetdReader::IsSticky(const InetdLine& line) {
  const InetdWord& word = line.words.front();
  if (line.words.size() != 1 || word.text.size() < 2 || !word.text.ends_with(':') ||
      word.text.starts_with('/')) {
    return false;
  }
  sticky_broken_ = !ParseInetdHosts(word, word.text.size() - 1, report_, sticky_);
  return true;
}

void InetdReader::ReadLine(const InetdLine& line) {
  InetdEntry entry;
  const InetdWord& name = line.words.front();
  if (line.words.size() < kInetdFields) {
    const InetdWord& last = line.words.back();
    report_.Error(last, last.text.size(), "missing-field",
                  "the line ends here; expected " + std::string(kFieldNames[line.words.size()]),
                  "write: name socket-type protocol wait-or-nowait user program arguments");
    Hold(name);
    return;
  }
  if (!ParseFields(line.words, entry)) {
    Hold(name);
    return;
  }
  TakeArguments(line.words, entry);
  entry.where = report_.Place(name);
  entry.user_where = report_.Place(line.words[4]);
  entry.program_where = report_.Place(line.words[5]);
  entry.source_line = name.source;
  if (IsPlain(line.words[2].text)) plain_.push_back(file_.entries.size());
  file_.entries.push_back(std::move(entry));
}

bool InetdReader::ParseLocation(const InetdWord& word, InetdEntry& entry) {
  if (word.text.starts_with(':')) return ParseInetdUnixName(word, report_, entry);
  const std::size_t prefix = InetdPrefixLength(word.text);
  if (prefix != std::string_view::npos) {
    return ParseInetdHosts(word, prefix, report_, entry.hosts) &&
           ParseInetdName(word, prefix + 1, report_, entry);
  }
  if (!ParseInetdName(word, 0, report_, entry)) return false;
  const bool listens =
      entry.name_kind == InetdNameKind::kName || entry.name_kind == InetdNameKind::kPort;
  if (!listens) return true;
  // Without this the service would listen on every address instead of the one that was meant.
  if (sticky_broken_) {
    report_.Error(word, 0, "bad-listen-address",
                  "the last line with an address for the lines below it has an error");
    return false;
  }
  entry.hosts = sticky_;
  return true;
}

// Reads every field even after an error, so that one run shows all of them.
bool InetdReader::ParseFields(const std::vector<InetdWord>& words, InetdEntry& entry) {
  bool rpc = false;
  bool good = ParseLocation(words[0], entry);
  good = ParseInetdProtocol(words[2], report_, entry, rpc) && good;
  if (good && entry.family == Family::kIpv6Only) ipv6_only_.insert(ListenKey(entry));
  good = ParseInetdSocketType(words[1], report_, entry) && good;
  const bool together = good && CheckRpc(words[0], rpc, entry) && CheckSocket(words, entry) &&
                        CheckHosts(words[0], entry);
  good = ParseInetdWait(words[3], report_, entry) && together;
  good = ParseInetdUser(words[4], report_, entry) && good;
  good = ParseInetdProgram(words[5], report_, entry) && good;
  return good && CheckTcpmux(words[0], entry);
}

bool InetdReader::CheckRpc(const InetdWord& name, bool rpc, InetdEntry& entry) {
  if (rpc == entry.rpc.has_value()) return true;
  report_.Error(name, 0, "bad-rpc-version",
                rpc ? "an rpc/ service needs its versions: name/low-high is expected"
                    : "name/version is for protocols that begin with rpc/");
  return false;
}

bool InetdReader::CheckSocket(const std::vector<InetdWord>& words, const InetdEntry& entry) {
  const bool unix_path = entry.name_kind == InetdNameKind::kUnixPath;
  if (unix_path != (entry.family == Family::kUnix)) {
    report_.Error(words[unix_path ? 2 : 0], 0, "unix-mismatch",
                  unix_path ? "a socket with a path has the protocol unix"
                            : "the protocol unix needs the path of a socket as the name");
    return false;
  }
  const bool stream_over_udp = entry.socket_type == SocketType::kStream && entry.protocol == "udp";
  const bool dgram_over_tcp = entry.socket_type == SocketType::kDgram && entry.protocol == "tcp";
  if (!stream_over_udp && !dgram_over_tcp) return true;
  report_.Error(
      words[1], 0, "socket-protocol-mismatch",
      stream_over_udp ? "udp has dgram sockets, not stream" : "tcp has stream sockets, not dgram");
  return false;
}

// An IPv4 address and an IPv6 socket: xinetd then listens on every address there is.
bool InetdReader::CheckHosts(const InetdWord& name, const InetdEntry& entry) {
  for (const InetdHost& host : entry.hosts) {
    if (!host.address || entry.family == Family::kDual) continue;
    if (host.address->is_v4() == (entry.family == Family::kIpv4)) continue;
    report_.Error(name, 0, "listen-family-mismatch",
                  host.text + " does not belong to the family the protocol field names");
    return false;
  }
  return true;
}

bool InetdReader::CheckTcpmux(const InetdWord& name, const InetdEntry& entry) {
  const bool tcpmux =
      entry.name_kind == InetdNameKind::kTcpmux || entry.name_kind == InetdNameKind::kTcpmuxPlus;
  if (!tcpmux) return true;
  if (entry.protocol == "tcp" && !entry.wait && !entry.internal && entry.hosts.empty()) return true;
  report_.Error(name, 0, "bad-tcpmux",
                "a tcpmux/ service is stream, tcp, nowait, has a program and no address");
  return false;
}

void InetdReader::TakeArguments(const std::vector<InetdWord>& words, InetdEntry& entry) {
  for (std::size_t i = kInetdFields; i < words.size(); ++i) {
    if (words[i].text.starts_with('#')) {
      report_.Warn(words[i], "no-trailing-comments",
                   "not a comment: inetd passes this and what follows to the program",
                   "put the comment on a line of its own");
      break;
    }
  }
  for (std::size_t i = kInetdFields; i < words.size(); ++i) {
    entry.arguments.push_back(words[i].text);
  }
  if (entry.arguments.empty() && !entry.internal) {
    entry.arguments.emplace_back(Basename(entry.program));
  }
}

// FreeBSD and NetBSD write one line for tcp and one for tcp6; the first must then not take both.
void InetdReader::DividePairs() {
  for (const std::size_t index : plain_) {
    InetdEntry& entry = file_.entries[index];
    if (ipv6_only_.contains(ListenKey(entry))) entry.family = Family::kIpv4;
  }
}

}  // namespace

InetdFile ParseInetd(std::string_view text, const std::string& file_name) {
  return InetdReader(text, file_name).Read();
}

}  // namespace postern::policy
