// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_judge.h"

#include <poll.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "fuzz/puppets.h"
#include "sandbox/channel.h"
#include "tests/testlib/certificates.h"
#include "tests/testlib/temp_dir.h"

namespace postern::daemon {
namespace {

namespace fs = std::filesystem;
using testlib::Certificate;
const std::vector<std::string> kKeys = {KEYS_PROGRAM, "--user", "65534", "65534"};
const std::vector<std::string> kTls = {TLS_PROGRAM, "--user", "65533", "65533"};

struct Files {
  testlib::TempDir folder;
  policy::TlsSpec spec;

  void Add(const std::string& certificate, const std::string& key) {
    const std::string number = std::to_string(spec.pairs.size());
    spec.pairs.push_back({{folder / ("certificate" + number)}, {folder / ("key" + number)}});
    testlib::WriteFile(spec.pairs.back().certificate.path, certificate);
    testlib::WriteFile(spec.pairs.back().private_key.path, key);
    fs::permissions(spec.pairs.back().private_key.path, fs::perms(0600));
  }
  TlsCandidate Open(bool with_keys = true) const {
    TlsCandidate candidate = OpenTls("x", spec);
    REQUIRE(candidate.flaws.empty());
    for (TlsSetup::Pair& pair : candidate.setup.pairs) {
      if (!with_keys) pair.private_key.Reset();
    }
    return candidate;
  }
};

// "PAIR CODE" for each.
std::vector<std::string> Told(const TlsCandidate& candidate) {
  std::vector<std::string> told;
  for (const TlsFlaw& flaw : candidate.flaws) {
    told.push_back(std::to_string(flaw.pair) + " " + std::string(flaw.code));
  }
  return told;
}

std::vector<std::string> Judge(TlsCandidate candidate, const TlsCommands& commands) {
  TlsJudge(commands).Judge(candidate);
  CHECK(candidate.setup.judged == IsUsable(candidate));
  return Told(candidate);
}

const Certificate& Authority() {
  static const Certificate kAuthority({.common_name = "authority", .authority = true});
  return kAuthority;
}

TEST_CASE("all flaws of all pairs are told, whether they are of keys or of certificates") {
  constexpr long kMonth = 30L * 24 * 60 * 60;
  const Certificate good({.until = kMonth}), over({.until = -60}), weak({.kind = "RSA:1024"});
  const Certificate outdated({.until = kMonth, .sha1 = true}, &Authority());
  Files files;
  files.Add(over.pem(), good.key_pem());
  files.Add(good.pem(), good.key_pem());
  files.Add(good.pem() + good.key_pem(), "no key");
  files.Add(outdated.pem(), outdated.key_pem());
  files.Add(weak.pem(), weak.key_pem());
  files.Add("no certificate", good.key_pem());
  CHECK(Judge(files.Open(), {kKeys, kTls}) ==
        std::vector<std::string>{"0 key-mismatch", "2 bad-private-key", "2 bad-certificate",
                                 "4 bad-private-key", "5 bad-certificate", "0 certificate-expired",
                                 "3 bad-certificate", "4 certificate-expires-soon"});
  CHECK(Judge(files.Open(/*with_keys=*/false), {kKeys, kTls}) ==
        std::vector<std::string>{"2 bad-certificate", "4 bad-private-key", "5 bad-certificate",
                                 "0 certificate-expired", "3 bad-certificate",
                                 "4 certificate-expires-soon"});
}

TEST_CASE("whose helpers do not start, or answer nonsense, is not judged") {
  const Certificate good;
  Files files;
  files.Add(good.pem(), good.key_pem());
  const std::vector<std::string> not_judged = {"0 tls-not-judged"};
  CHECK(Judge(files.Open(), {{"/bin/false"}, kTls}) == not_judged);
  CHECK(Judge(files.Open(), {kKeys, {"/bin/false"}}) == not_judged);
  // Each knows nothing of the questions to the other.
  CHECK(Judge(files.Open(), {kTls, kTls}) == not_judged);
  CHECK(Judge(files.Open(), {kKeys, kKeys}) == not_judged);
}

template <typename Frame>
std::vector<sandbox::sys::UniqueFd> Receive(const fuzz::Puppet& puppet, Frame& frame) {
  pollfd readable{puppet.channel.get(), POLLIN, 0};
  REQUIRE(::poll(&readable, 1, 20000) == 1);
  alignas(8) std::array<std::byte, kMaxFrame> buffer;
  auto received = sandbox::ReceiveFrame(puppet.channel, buffer);
  REQUIRE((received && ReadFrame(std::span(buffer).first(received->length), frame)));
  std::vector<sandbox::sys::UniqueFd> files;
  for (std::size_t i = 0; i < received->descriptor_count; ++i) {
    files.push_back(std::move(received->descriptors[i]));
  }
  return files;
}

TEST_CASE(
    "postern-tls is shown no file that has a private key in it, with its own key or without") {
  const Certificate good, other;
  Files files;
  files.Add(good.pem() + good.key_pem(), good.key_pem());
  files.Add(other.pem(), other.key_pem());
  files.Add(good.pem() + std::string(kMaxKeyFile, '\n') + good.key_pem(), good.key_pem());
  for (const bool with_keys : {true, false}) {
    TlsCandidate candidate = files.Open(with_keys);
    const TlsCommands commands = {kKeys, fuzz::PuppetCommand()};
    std::thread judge([&] { TlsJudge(commands).Judge(candidate); });
    const fuzz::Puppet puppet = fuzz::AwaitPuppet();
    REQUIRE(sandbox::SendFrame(puppet.channel, AsFrame(AnswerReady{}), {}));
    AskTlsService service;
    CHECK(Receive(puppet, service).empty());
    CHECK(service.credential_count == 1);
    AskTlsCredential credential;
    const auto shown = Receive(puppet, credential);
    REQUIRE(shown.size() == 1);
    CHECK(fs::equivalent("/proc/self/fd/" + std::to_string(shown[0].get()),
                         files.spec.pairs[1].certificate.path));
    AnswerTlsService answer;
    answer.service = service.service;
    REQUIRE(sandbox::SendFrame(puppet.channel, AsFrame(answer), {}));
    judge.join();
    CHECK(Told(candidate) == std::vector<std::string>{"0 bad-certificate", "2 bad-certificate"});
  }
}

TEST_CASE("postern-tls is shown no file that postern-keys had no room to look at") {
  const Certificate good;
  Files files;
  files.Add(good.pem() + good.key_pem(), good.key_pem());  // which postern-tls would tell
  TlsCandidate candidate = files.Open();
  const TlsCommands commands = {fuzz::PuppetCommand(), kTls};
  std::thread judge([&] { TlsJudge(commands).Judge(candidate); });
  const fuzz::Puppet puppet = fuzz::AwaitPuppet();
  REQUIRE(sandbox::SendFrame(puppet.channel, AsFrame(AnswerReady{}), {}));
  AskKey ask;
  Receive(puppet, ask);
  AnswerKey answer;
  answer.index = ask.index;
  answer.flaws.Add(KeyFlaw::kNoRoom);
  REQUIRE(sandbox::SendFrame(puppet.channel, AsFrame(answer), {}));
  judge.join();
  CHECK(Told(candidate) == std::vector<std::string>{"0 bad-private-key"});
}

TEST_CASE("what is not open is of no use, whatever was found") {
  const Certificate good;
  Files files;
  CHECK_FALSE(IsUsable(files.Open()));
  files.Add(good.pem(), good.key_pem());
  CHECK(IsUsable(files.Open()));
  CHECK_FALSE(IsUsable(files.Open(/*with_keys=*/false)));
}

}  // namespace
}  // namespace postern::daemon
