// SPDX-License-Identifier: BSD-2-Clause
// Users that other programs took for root: each must hold its service, and name its line.
#include <catch2/catch.hpp>
#include <utility>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

constexpr std::uint32_t kNoId = 4294967295;

// Name services answer more than they should: this one has an account of every name.
class CredulousSystem final : public FakeSystem {
 public:
  explicit CredulousSystem(User answer) : answer_(answer) {}
  std::optional<User> UserByName(const std::string& /*name*/) const override { return answer_; }
  std::optional<std::uint32_t> GroupByName(const std::string& /*name*/) const override {
    return answer_.gid;
  }

 private:
  User answer_;
};

Configuration Load(const std::string& xinetd, const std::string& inetd, const SystemView& answers) {
  class Files final : public FakeSystem {
   public:
    explicit Files(const SystemView& answers) : answers_(answers) {}
    std::optional<User> UserByName(const std::string& name) const override {
      return answers_.UserByName(name);
    }
    std::optional<std::uint32_t> GroupByName(const std::string& name) const override {
      return answers_.GroupByName(name);
    }

   private:
    const SystemView& answers_;
  };
  Files system(answers);
  system.files["x.conf"] = xinetd;
  system.files["i.conf"] = inetd;
  LoadOptions options;
  options.xinetd_path = "x.conf";
  options.inetd_path = "i.conf";
  return LoadConfiguration(options, system);
}

void CheckHeld(const std::string& line, const SystemView& answers) {
  INFO(line);
  const Configuration loaded = Load(ServiceWith(line), "", answers);
  CHECK(IsHeld(loaded, "s1"));
  CHECK(loaded.services.empty());
  REQUIRE(HasErrors(loaded.diagnostics));
  CHECK(loaded.diagnostics[0].where.file == "x.conf");
  CHECK(loaded.diagnostics[0].where.line > 2);
}

void CheckLineHeld(const std::string& user, const SystemView& answers) {
  INFO(user);
  const Configuration loaded =
      Load("", "20009 stream tcp nowait " + user + " /bin/echo echo\n", answers);
  CHECK(loaded.services.empty());
  REQUIRE(HasErrors(loaded.diagnostics));
  CHECK(loaded.diagnostics[0].where.file == "i.conf");
  CHECK(loaded.diagnostics[0].where.line == 1);
}

}  // namespace

TEST_CASE("CVE-2017-1000082: a user that does not exist is not root, whatever it begins with") {
  for (const char* user : {"0day", "00x", "1e0", "root0", "r\xd0\xbe\xd0\xbet", "+0", "+root"}) {
    CheckHeld(std::string("user = ") + user, FakeSystem());
  }
  for (const char* user : {"0day", "1e0", "root0"}) CheckLineHeld(user, FakeSystem());
  CheckHeld("user = mail\ngroup = 0day", FakeSystem());
}

TEST_CASE("CVE-2020-13776: 0x0 is no number and no name, even if a name service knows it") {
  const CredulousSystem credulous({0, 0});
  for (const char* user : {"0x0", "0X0", "0x", "0xdeadbeef"}) {
    CheckHeld(std::string("user = ") + user, credulous);
    CheckHeld(std::string("user = mail\ngroup = ") + user, credulous);
    CheckLineHeld(user, credulous);
  }
}

TEST_CASE("CVE-2020-13776: an empty user is not root, even if a name service knows it") {
  const CredulousSystem credulous({0, 0});
  CheckHeld("user =", credulous);
  for (const char* user : {".daemon", ":daemon"}) CheckLineHeld(user, credulous);
}

TEST_CASE("CVE-2019-14287: the id -1 changes nothing, so nobody has it") {
  const FakeSystem plain;
  for (const char* id : {"-1", "4294967295", "18446744073709551615", "4294967296"}) {
    CheckHeld(std::string("user = ") + id, plain);
    CheckHeld(std::string("user = mail\ngroup = ") + id, plain);
    CheckLineHeld(id, plain);
  }
  CheckHeld("user = evil", CredulousSystem({kNoId, 8}));
  CheckHeld("user = evil", CredulousSystem({8, kNoId}));
  CheckLineHeld("evil", CredulousSystem({kNoId, 8}));
}

}  // namespace postern::policy
