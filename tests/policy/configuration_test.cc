// SPDX-License-Identifier: BSD-2-Clause
// Whole configurations: what starts, what is held, what makes all of it unusable.
#include "policy/service/configuration.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::string Ids(const Configuration& configuration) {
  std::string ids;
  for (const auto& service : configuration.services) {
    ids += (ids.empty() ? "" : " ") + service->id;
  }
  return ids;
}

std::string Three(const std::string& first) {
  return ServiceWith(first, "a1", "1") + ServiceWith("", "a2", "2") + ServiceWith("", "a3", "3");
}

}  // namespace

TEST_CASE("a plain service starts (cases 1, 5, 12)") {
  CHECK(Ids(LoadXinetd(ServiceWith("server_args = hello"))) == "s1");
  CHECK(Ids(LoadXinetd(ServiceWith("port =20001"))) == "s1");
  CHECK(Ids(LoadXinetd("SERVICE A1\n# c\n\n{\nTYPE\t=\tunlisted\nWAIT = NO\nPort = 1\n"
                       "SOCKET_TYPE = STREAM\nUSER = root\nSERVER = /bin/echo\n}\n")) == "A1");
}

TEST_CASE("CRLF files read as any other (case 13)") {
  std::string crlf;
  for (const char c : ServiceWith("server_args = hello")) {
    crlf += c == '\n' ? "\r\n" : std::string(1, c);
  }
  const Configuration loaded = LoadXinetd(crlf);
  CHECK(loaded.diagnostics.empty());
  REQUIRE(FindService(loaded, "s1") != nullptr);
  CHECK(FindService(loaded, "s1")->program.argv.back() == "hello");
}

TEST_CASE("an error holds its service whatever follows, and no other (cases 18, 19, 20)") {
  for (const char* line :
       {"no_access = 127.0.0.1,127.0.0.2", "bind = 999.1.1.1", "instances = junk", "group = nosuch",
        "umask = 9", "rlimit_as = 1X", "cps = a b", "per_source = -1", "max_load = x", "flags = no",
        "only_from = 1,2", "access_times = 9", "port=1", "junk"}) {
    INFO(line);
    CHECK(Ids(LoadXinetd(Three(std::string(line) + "\ndisable = no"))) == "a2 a3");
    CHECK(Ids(LoadXinetd(Three(line) + DefaultsWith("enabled = a1 a2"))) == "a2");
    CHECK(IsHeld(LoadXinetd(Three(line)), "a1"));
  }
}

TEST_CASE("enabled and disabled choose by id, whatever the case (cases 21, 22, 23)") {
  const Configuration disabled = LoadXinetd(Three("") + DefaultsWith("disabled = A1 nosuch"));
  CHECK(Ids(disabled) == "a2 a3");
  CHECK(Codes(disabled) == "unknown-id");
  CHECK(
      Ids(LoadXinetd(DefaultsWith("enabled = a1 MyId\ndisabled = a1") + ServiceWith("", "a1", "1") +
                     ServiceWith("id = myid", "a2", "2") + ServiceWith("", "a3", "3"))) == "myid");
  CHECK(Ids(LoadXinetd(Three("") + DefaultsWith("enabled ="))).empty());
  CHECK(Ids(LoadXinetd(Three("disable = yes") + DefaultsWith("enabled = a1"))).empty());
}

TEST_CASE("a service that is switched off holds nobody's id or port") {
  const Configuration loaded = LoadXinetd(ServiceWith("disable = yes") + ServiceWith("bogus = 1") +
                                          ServiceWith("", "s2") + DefaultsWith("disabled = s1"));
  CHECK(Ids(loaded) == "s2");
  CHECK(loaded.held.empty());
  CHECK_FALSE(HasErrors(loaded.diagnostics));
}

TEST_CASE("damage in one entry loses only that (cases 9, 10, 11)") {
  CHECK(Ids(LoadXinetd("service b1 {\nwait = no\n}\n" + ServiceWith(""))) == "s1");
  const Configuration junk = LoadXinetd("junk\n" + DefaultsWith("instances = 3") + ServiceWith(""));
  CHECK(junk.usable);
  CHECK(FindService(junk, "s1")->instances == Limit{3});
  std::string open = ServiceWith("", "a1", "1");
  open.erase(open.rfind('}'));
  const Configuration unclosed =
      LoadXinetd(open + ServiceWith("", "a2", "2") + ServiceWith("", "a3", "3"));
  CHECK(Ids(unclosed) == "a2 a3");
  CHECK(IsHeld(unclosed, "a1"));
}

TEST_CASE("a half-written service is held") {
  const std::string whole = ServiceWith("only_from = 10.0.0.1", "a1", "1");
  for (std::size_t length = whole.find('\n') + 1; length + 2 < whole.size(); ++length) {
    const Configuration loaded = LoadXinetd(whole.substr(0, length));
    INFO(length);
    REQUIRE(loaded.services.empty());
    REQUIRE(loaded.held.size() == 1);
  }
}

TEST_CASE("half-written defaults make all unusable") {
  const std::string whole = DefaultsWith("only_from = 10.0.0.1");
  for (std::size_t length = whole.find('\n') + 1; length + 2 < whole.size(); ++length) {
    INFO(length);
    REQUIRE_FALSE(LoadXinetd(whole.substr(0, length)).usable);
  }
}

TEST_CASE("an unreadable, binary or missing main file is unusable") {
  FakeSystem system;
  LoadOptions options;
  options.xinetd_path = "/etc/xinetd.conf";
  const Configuration missing = LoadConfiguration(options, system);
  CHECK_FALSE(missing.usable);
  REQUIRE(missing.diagnostics.size() == 1);
  CHECK(missing.diagnostics[0].where.file == "/etc/xinetd.conf");
  CHECK_FALSE(LoadXinetd(std::string_view("\0GITCRYPT\0", 10)).usable);
}

TEST_CASE("the log of defaults is the common log, and a service may have its own (case 109)") {
  const Configuration loaded =
      LoadXinetd(DefaultsWith("log_type = FILE /common") + ServiceWith("") +
                 ServiceWith("log_type = FILE /own", "s2", "2"));
  CHECK(loaded.default_log.file == "/common");
  CHECK(FindService(loaded, "s1")->log.file == "/common");
  CHECK(FindService(loaded, "s2")->log.file == "/own");
}

TEST_CASE("tls_workers is a number for all, and stands in defaults alone") {
  CHECK(LoadXinetd(DefaultsWith("tls_workers = 12") + ServiceWith("")).tls_workers == 12);
  CHECK(LoadXinetd(ServiceWith("")).tls_workers == std::nullopt);
  CHECK_FALSE(LoadXinetd(DefaultsWith("tls_workers = 65") + ServiceWith("")).usable);
  const Configuration misplaced = LoadXinetd(ServiceWith("tls_workers = 2"));
  CHECK(misplaced.services.empty());
  CHECK(misplaced.tls_workers == std::nullopt);
}

TEST_CASE("diagnostics of services all have a place") {
  const Configuration loaded = LoadXinetd(Three("bogus = 1\nwait = maybe\nbind = nosuch"));
  CHECK(loaded.diagnostics.size() == 3);
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    CHECK(diagnostic.where.line > 0);
    CHECK(diagnostic.where.column > 0);
  }
}

TEST_CASE("five thousand services load") {
  std::string text = DefaultsWith("only_from = 127.0.0.0/8");
  for (int i = 1; i <= 5000; ++i) {
    text += ServiceWith("", "s" + std::to_string(i), std::to_string(10000 + i));
  }
  const Configuration loaded = LoadXinetd(text);
  CHECK(loaded.services.size() == 5000);
  CHECK(loaded.diagnostics.empty());
}

TEST_CASE("any bytes are acceptable input") {
  std::mt19937 random(7);  // NOLINT: the same bytes in every run
  const std::string seed = DefaultsWith("only_from = 10.0.0.{1,2}\ncps = 50 10") +
                           ServiceWith("log_type = FILE /x 1 2\naccess_times = 1:00-2:00");
  for (int round = 0; round < 2000; ++round) {
    std::string text = seed;
    for (int i = 0; i < 4; ++i) text[random() % text.size()] = static_cast<char>(random() % 256);
    for (const Diagnostic& diagnostic : LoadBoth(text, text).diagnostics) {
      REQUIRE_FALSE(Render(diagnostic).empty());
    }
  }
}

}  // namespace postern::policy
