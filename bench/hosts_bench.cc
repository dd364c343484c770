// SPDX-License-Identifier: BSD-2-Clause
// Decisions of hosts.deny for each second of processor time against the number of rules:
// Evaluate(), and hosts_access() of the real libwrap in the same run. Neither waits for anything,
// so the clock would add what other programs do.
//
//   hosts_bench [LIBWRAP]    LIBWRAP: path of libwrap.so.0; "-" leaves it out
//
// Kinds of rules as tcp_wrappers is usually measured: one address a rule, /24, IPv6 /48, a mixture
// with daemons, names and EXCEPT, and rules of another daemon. Half of the clients are held by a
// rule, half by none. Exit status: 1 when a target is missed, 2 when libwrap cannot be used.
#include <dlfcn.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "policy/hosts/evaluate.h"

namespace {

using postern::policy::hosts::Deny;
using postern::policy::hosts::Evaluate;
using postern::policy::hosts::Fact;
using postern::policy::hosts::HostsPolicy;
using postern::policy::hosts::Request;
using postern::policy::hosts::SourceFile;
constexpr double kOverLibwrap = 200;  // at 1000 rules
constexpr double kFlat = 3;           // from 10 to 100,000 rules
constexpr int kRounds = 5;
constexpr double kRoundSeconds = 0.05;
constexpr std::size_t kClients = 512;
constexpr std::size_t kCounts[] = {10, 1'000, 10'000, 100'000};

enum class Kind : std::uint8_t { kAddress, kNet4, kNet6, kMixed, kOtherDaemon };

struct KindRow {
  Kind kind;
  const char* name;
  bool flat;  // of address rules alone
};
constexpr KindRow kKinds[] = {{Kind::kAddress, "ALL: 1.2.3.4", true},
                              {Kind::kNet4, "ALL: 1.2.3.0/24", true},
                              {Kind::kNet6, "ALL: [v6]/48", true},
                              {Kind::kMixed, "mixed", false},
                              {Kind::kOtherDaemon, "other daemon", true}};

double SecondsSince(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// The nth address, network or name; different ones for different numbers below 2^20.
std::string Quad(std::size_t n, const char* last) {
  const std::size_t mixed = (n * 2654435761u) & 0xfffffu;
  return std::to_string(16 + (mixed >> 16)) + "." + std::to_string(mixed >> 8 & 255) + "." +
         std::to_string(mixed & 255) + last;
}

std::string Ipv6(std::size_t n) {
  char text[32];
  const std::size_t mixed = (n * 2654435761u) & 0xfffffu;
  std::snprintf(text, sizeof text, "2001:%zx:%zx::", 0xd00 + (mixed >> 16), mixed & 0xffff);
  return text;
}

std::string MixedRule(std::size_t n) {
  const std::string number = std::to_string(n);
  switch (n % 10) {
    case 0:
      return "sshd: .dom" + number + ".example";
    case 1:
      return "ALL: " + Quad(n, ".0/24") + " EXCEPT " + Quad(n, ".7");
    case 2:
      return "sshd, smtpd: host" + number + ".example.org";
    case 3:
      return "ftpd: " + Quad(n, ".");
    case 4:
      return "ALL: [" + Ipv6(n) + "]/48";
    default:
      return (n % 2 == 0 ? "ALL: " : "sshd: ") + Quad(n, ".9");
  }
}

std::string RuleOf(Kind kind, std::size_t n) {
  switch (kind) {
    case Kind::kAddress:
      return "ALL: " + Quad(n, ".9");
    case Kind::kNet4:
      return "ALL: " + Quad(n, ".0/24");
    case Kind::kNet6:
      return "ALL: [" + Ipv6(n) + "]/48";
    case Kind::kMixed:
      return MixedRule(n);
    case Kind::kOtherDaemon:
      return "otherd: " + Quad(n, ".9");
  }
  return {};
}

struct Client {
  std::string address, name;
};

std::vector<Client> ClientsOf(Kind kind, std::size_t rules) {
  std::mt19937 random(static_cast<unsigned>(rules));
  std::vector<Client> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    const std::size_t n = random() % rules + (i % 2 == 0 ? 0 : rules);
    clients.push_back({kind == Kind::kNet6 ? Ipv6(n) + "5" : Quad(n, ".9"), "client.test"});
  }
  return clients;
}

// The best of some rounds: what disturbs a run only ever makes it slower.
template <typename Decide>
double PerSecond(const std::vector<Client>& clients, std::size_t batch, const Decide& decide) {
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::size_t decisions = 0;
    const auto start = std::clock();
    do {
      for (std::size_t i = 0; i < batch; ++i) decide(clients[(decisions + i) % clients.size()]);
      decisions += batch;
    } while (SecondsSince(start) < kRoundSeconds);
    best = std::max(best, static_cast<double>(decisions) / SecondsSince(start));
  }
  return best;
}

Request RequestOf(const Client& client) {
  Request request;
  request.daemon = Fact::Known("sshd");
  request.client.address = Fact::Known(client.address);
  request.client.name = Fact::Known(client.name);
  request.user = Fact::Unknown();
  return request;
}

// hosts_access(3) of a library that is loaded.
class Libwrap {
 public:
  explicit Libwrap(const char* path) : library_(::dlopen(path, RTLD_NOW)) {
    if (!library_) return;
    hosts_ctl_ = reinterpret_cast<HostsCtl>(::dlsym(library_, "hosts_ctl"));
    allow_ = static_cast<const char**>(::dlsym(library_, "hosts_allow_table"));
    deny_ = static_cast<const char**>(::dlsym(library_, "hosts_deny_table"));
  }
  bool usable() const { return hosts_ctl_ && allow_ && deny_; }
  void Use(const char* allow, const char* deny) const {
    *allow_ = allow;
    *deny_ = deny;
  }
  bool Allows(const Client& client) const {
    return hosts_ctl_("sshd", client.name.c_str(), client.address.c_str(), "unknown") != 0;
  }

 private:
  using HostsCtl = int (*)(const char*, const char*, const char*, const char*);
  void* library_;
  HostsCtl hosts_ctl_ = nullptr;
  const char** allow_ = nullptr;
  const char** deny_ = nullptr;
};

// A folder with both tables, gone with its owner.
class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "hosts_bench.XXXXXX";
    path_ = ::mkdtemp(pattern.data()) ? pattern : std::string();
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string Write(const char* name, const std::string& content) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  std::string path_;
};

struct Row {
  double build_ms = 0, bytes_a_rule = 0, evaluate = 0, libwrap = 0;
};

std::size_t HeapBytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Exits when both disagree: a fast wrong answer is no measurement.
void Compare(const HostsPolicy& policy, const Libwrap& libwrap,
             const std::vector<Client>& clients) {
  for (std::size_t i = 0; i < 20; ++i) {
    const bool denied = std::holds_alternative<Deny>(Evaluate(policy, RequestOf(clients[i])));
    if (denied == !libwrap.Allows(clients[i])) continue;
    std::fprintf(stderr, "hosts_bench: libwrap decides otherwise for %s\n",
                 clients[i].address.c_str());
    std::exit(2);
  }
}

Row Measure(Kind kind, std::size_t rules, const Libwrap* libwrap) {
  std::string table;
  for (std::size_t n = 0; n < rules; ++n) table += RuleOf(kind, n) + "\n";
  const std::vector<Client> clients = ClientsOf(kind, rules);
  std::vector<Request> requests;
  for (const Client& client : clients) requests.push_back(RequestOf(client));

  Row row;
  const std::size_t before = HeapBytes();
  const auto start = std::clock();
  const auto policy = HostsPolicy::Compile({"allow", "deny"}, [&table](const std::string& path) {
    return SourceFile{SourceFile::State::kRead, path == "deny" ? table : "", {}};
  });
  row.build_ms = SecondsSince(start) * 1000;
  row.bytes_a_rule = static_cast<double>(HeapBytes() - before) / static_cast<double>(rules);
  std::size_t denied = 0;
  row.evaluate = PerSecond(clients, kClients, [&](const Client& client) {
    const auto at = static_cast<std::size_t>(&client - clients.data());
    if (std::holds_alternative<Deny>(Evaluate(*policy, requests[at]))) ++denied;
  });
  if (!libwrap) return row;
  const Folder folder;
  const std::string allow = folder.Write("allow", ""), deny = folder.Write("deny", table);
  libwrap->Use(allow.c_str(), deny.c_str());
  Compare(*policy, *libwrap, clients);
  row.libwrap = PerSecond(clients, 1, [&](const Client& client) {
    if (!libwrap->Allows(client)) ++denied;
  });
  return row;
}

bool MeasureKind(const KindRow& kind, const Libwrap* libwrap) {
  Row first;
  bool met = true;
  for (const std::size_t rules : kCounts) {
    const Row row = Measure(kind.kind, rules, libwrap);
    if (rules == kCounts[0]) first = row;
    const double ratio = libwrap ? row.evaluate / row.libwrap : 0;
    const double cost = first.evaluate / row.evaluate;
    std::printf("%-16s %7zu %9.1f %9.0f %13.0f %12.0f %9.0f %7.2f\n", kind.name, rules,
                row.build_ms, row.bytes_a_rule, row.evaluate, row.libwrap, ratio, cost);
    if (libwrap && rules == 1'000 && ratio < kOverLibwrap) met = false;
    if (kind.flat && cost > kFlat) met = false;
  }
  return met;
}

}  // namespace

int main(int argc, char** argv) {
  const char* const path = argc > 1 ? argv[1] : "libwrap.so.0";
  const Libwrap libwrap(path);
  const bool wanted = std::string(path) != "-";
  if (wanted && !libwrap.usable()) {
    std::fprintf(stderr, "hosts_bench: %s is no libwrap\n", path);
    return 2;
  }
  std::puts(
      "                            compile      heap      decisions a second        times    cost"
      " against\n"
      "rules              count         ms  bytes/rule     Evaluate      libwrap   libwrap"
      "  10 rules");
  bool met = true;
  for (const KindRow& kind : kKinds) met &= MeasureKind(kind, wanted ? &libwrap : nullptr);
  std::printf("targets: %g times libwrap at 1000 rules, cost within %g of 10 rules: %s\n",
              kOverLibwrap, kFlat, met ? "met" : "MISSED");
  return met ? 0 : 1;
}
