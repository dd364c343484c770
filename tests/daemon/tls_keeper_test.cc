// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_keeper.h"

#include <filesystem>
#include <set>

#include "tests/daemon/sessions_fixture.h"
#include "tests/testlib/certificates.h"

namespace postern::daemon {
namespace {

namespace fs = std::filesystem;

struct KeeperFixture : SessionsFixture {
  const fs::path certificate = directory / "certificate", key = directory / "key";
  const fs::path keys_program = directory / "keys";  // a link
  TlsClient client{
      *loop,
      *program_log,
      {{keys_program, "--user", "65534", "65534"}, {TLS_PROGRAM, "--user", "65533", "65533"}},
      /*secret=*/0};
  TlsKeeper keeper{*program_log, client};

  void Put(const std::string& certificate_pem, const std::string& key_pem) {
    testlib::WriteFile(certificate, certificate_pem);
    testlib::WriteFile(key, key_pem);
    fs::permissions(key, fs::perms(0600));
  }
  void Link(const fs::path& program) {
    fs::remove(keys_program);
    fs::create_symlink(program, keys_program);
  }
  std::shared_ptr<Service> Start() {
    auto spec = Spec();
    auto described = std::make_shared<policy::TlsSpec>();
    described->pairs.push_back({{certificate}, {key}});
    spec.tls = std::move(described);
    auto service = Make(std::move(spec));
    auto opened = OpenTls(service->spec().id, *service->spec().tls);
    REQUIRE(opened.flaws.empty());
    service->SetTls(client.Add(std::move(opened.setup)));
    return service;
  }
};

TEST_CASE("what could not be judged is judged later, and what was found bad is not again") {
  KeeperFixture fixture;
  const testlib::Certificate first, second, third;
  fixture.Put(first.pem(), first.key_pem());
  const std::vector<std::shared_ptr<Service>> services = {fixture.Start()};
  const auto look = [&](int times) {
    for (int i = 0; i < times; ++i) fixture.keeper.Look(services);
  };
  fixture.Link("/bin/false");
  fixture.Put(second.pem(), second.key_pem());
  look(20);
  CHECK(fixture.Said("cannot be judged") == 4);  // at the 2nd, 4th, 8th and 16th look
  fixture.Link(KEYS_PROGRAM);
  look(20);
  CHECK(fixture.Said("has new certificates and keys") == 1);
  fixture.Put(second.pem(), third.key_pem());
  look(20);
  CHECK(fixture.Said("the private key is not the certificate's") == 1);
  CHECK(fixture.Said("has new certificates and keys") == 1);
}

// Each of them is bad by itself, so that none has to be judged.
TEST_CASE("services are refused that have more keys together than helpers have room for") {
  policy::Configuration configuration;
  for (int i = 0; i < 130; ++i) {
    policy::ServiceSpec spec;
    spec.id = std::to_string(i);
    policy::TlsSpec tls;
    tls.pairs.assign(i == 129 ? 1 : 64, {{"/nonexistent"}, {"/nonexistent"}});
    if (i == 127) tls.pairs.pop_back();  // one is left
    spec.tls = std::make_shared<policy::TlsSpec>(std::move(tls));
    configuration.services.push_back(std::make_shared<policy::ServiceSpec>(std::move(spec)));
  }
  std::set<std::string> flawed, refused;
  for (const TlsFlaw& flaw : JudgeAll(configuration, {})) {
    flawed.insert(flaw.service);
    if (flaw.text.contains("may have 8192")) refused.insert(flaw.service);
  }
  CHECK(flawed.size() == 130);
  CHECK(refused == std::set<std::string>{"128"});
  KeeperFixture fixture;
  CHECK(fixture.keeper.Prepare(configuration, {}, /*strict=*/false)->empty());
  CHECK(fixture.Said("all services together may have 8192 private keys") == 1);
  CHECK_FALSE(fixture.keeper.Prepare(configuration, {}, /*strict=*/true));
}

}  // namespace
}  // namespace postern::daemon
