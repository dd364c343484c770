// SPDX-License-Identifier: BSD-2-Clause
// postern-keys from both of its sides: as a part, and as the program that posternd starts.
#include "daemon/keys/key_keeper.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "sandbox/helper.h"
#include "sandbox/sys/files.h"
#include "tests/daemon/frames.h"
#include "tests/testlib/certificates.h"
#include "tests/testlib/fake_call.h"
#include "tests/testlib/signed_messages.h"
#include "tests/testlib/temp_dir.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using sys::UniqueFd;
using testlib::Certificate;
using testlib::CertificateVerifyOf;
using testlib::KeyExchangeOf;

constexpr std::uint32_t kEcdsa256 = 0x0403, kPkcs1 = 0x0401, kPss = 0x0804, kPssPss = 0x0809,
                        kEd = 0x0807;
const std::string kVerify = CertificateVerifyOf(std::string(32, 'h'));
const std::string kExchange = KeyExchangeOf(std::string(32, 's'));

// Asks over both channels, whoever is at the other end.
class Asker {
 public:
  void Start(UniqueFd channel) {
    channel_ = std::move(channel);
    NextFrame<AnswerReady>(channel_);
    NewEdge();
  }
  void NewEdge() {
    auto pair = sandbox::MakeChannel();
    REQUIRE(pair);
    edge_ = std::move(pair->ours);
    const int lent = pair->theirs.get();
    AskEdge ask;
    ask.header.session = ++edges_;
    REQUIRE(sandbox::SendFrame(channel_, AsFrame(ask), {&lent, 1}));
  }
  template <typename Frame>
  void Ask(const Frame& frame) {
    REQUIRE(sandbox::SendFrame(channel_, AsFrame(frame), {}));
  }
  void Give(KeyIndex index, const std::string& key, const std::string& certificate) {
    testlib::WriteFile(folder_ / "key", key);
    testlib::WriteFile(folder_ / "cert", certificate);
    const auto key_file = sys::OpenRegularFile(folder_ / "key");
    const auto certificate_file = sys::OpenRegularFile(folder_ / "cert");
    AskKey ask;
    ask.index = index;
    const int lent[] = {key_file->get(), certificate_file->get()};
    REQUIRE(sandbox::SendFrame(channel_, AsFrame(ask), lent));
  }
  FlawSet<KeyFlaw> Load(KeyIndex index, const std::string& key, const std::string& certificate) {
    Give(index, key, certificate);
    const auto answer = NextFrame<AnswerKey>(channel_);
    CHECK(answer.index == index);
    return answer.flaws;
  }
  FlawSet<KeyFlaw> Load(KeyIndex index, const Certificate& certificate) {
    return Load(index, certificate.key_pem(), certificate.pem());
  }
  FlawSet<KeyFlaw> JudgeWithoutKey(KeyIndex index, const std::string& certificate) {
    testlib::WriteFile(folder_ / "cert", certificate);
    const auto file = sys::OpenRegularFile(folder_ / "cert");
    AskKey ask;
    ask.index = index;
    ask.has_key = 0;
    const int lent = file->get();
    REQUIRE(sandbox::SendFrame(channel_, AsFrame(ask), {&lent, 1}));
    const auto answer = NextFrame<AnswerKey>(channel_);
    CHECK(answer.index == index);
    return answer.flaws;
  }
  void Forget(KeyIndex index) {
    AskForgetKey forget;
    forget.index = index;
    Ask(forget);
  }
  void Allow(SessionId id, KeyIndex first = 1, std::uint32_t count = 1, std::uint32_t ms = 60000) {
    AskAllow allow;
    allow.header.session = id;
    allow.first_key = first;
    allow.key_count = count;
    allow.milliseconds = ms;
    Ask(allow);
  }
  static AskSign Asking(SessionId id, KeyIndex key, std::uint32_t scheme,
                        const std::string& message) {
    AskSign ask;
    ask.header.session = id;
    ask.key = key;
    ask.scheme = scheme;
    ask.length = static_cast<std::uint32_t>(message.size());
    std::copy(message.begin(), message.end(), ask.message.begin());
    return ask;
  }
  std::string Sign(SessionId id, KeyIndex key, std::uint32_t scheme, const std::string& message) {
    REQUIRE(sandbox::SendFrame(edge_, AsFrame(Asking(id, key, scheme, message)), {}));
    const auto answer = NextFrame<AnswerSign>(edge_);
    CHECK(answer.header.session == id);
    return {answer.signature.begin(), answer.signature.begin() + answer.length};
  }
  SessionId Overdrawn() { return NextFrame<AnswerOverdrawn>(channel_).header.session; }
  SessionId GarbageToldOf() { return NextFrame<AnswerEdgeGarbage>(channel_).header.session; }
  bool EdgeEnds() {
    if (!Await(edge_, POLLIN)) return false;
    std::byte byte;
    return ::recv(edge_.get(), &byte, 1, 0) == 0;
  }
  SessionId edges() const { return edges_; }

  UniqueFd& channel() { return channel_; }
  UniqueFd& edge() { return edge_; }

 private:
  testlib::TempDir folder_;
  UniqueFd channel_, edge_;
  SessionId edges_ = 0;
};

// A keeper in a thread of its own.
class Keeper : public Asker {
 public:
  Keeper() {
    auto pair = sandbox::MakeChannel();
    REQUIRE(pair);
    auto keeper = KeyKeeper::Make(std::move(pair->theirs));
    REQUIRE(keeper);
    thread_ = std::thread([this, keeper = std::move(*keeper)] { end_ = keeper->Run(); });
    Start(std::move(pair->ours));
  }
  ~Keeper() { Join(); }
  KeyKeeper::State Join() {
    channel().Reset();
    if (thread_.joinable()) thread_.join();
    return end_;
  }
  KeyKeeper::State AwaitEnd() {
    thread_.join();
    return end_;
  }

 private:
  std::thread thread_;
  KeyKeeper::State end_ = KeyKeeper::State::kRunning;
};

bool Verifies(const Certificate& certificate, const char* digest, const std::string& message,
              const std::string& signature, bool pss = false) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* parameters = nullptr;
  REQUIRE(EVP_DigestVerifyInit_ex(context, &parameters, digest, nullptr, nullptr,
                                  X509_get0_pubkey(certificate.certificate()), nullptr) == 1);
  if (pss) REQUIRE(EVP_PKEY_CTX_set_rsa_padding(parameters, 6 /* RSA_PKCS1_PSS_PADDING */) > 0);
  const int verdict = EVP_DigestVerify(
      context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
      reinterpret_cast<const unsigned char*>(message.data()), message.size());
  EVP_MD_CTX_free(context);
  return verdict == 1;
}

TEST_CASE("each kind of key signs both handshakes with the algorithms that are its own") {
  Keeper keeper;
  SessionId id = 0;
  const auto sign = [&](KeyIndex key, std::uint32_t scheme, const std::string& message) {
    keeper.Allow(++id, key);
    return keeper.Sign(id, key, scheme, message);
  };
  const Certificate ec, rsa({.kind = "RSA:2048"}), pss({.kind = "RSA-PSS"}),
      ed({.kind = "ED25519"}), p384({.kind = "P-384"});
  REQUIRE(keeper.Load(1, ec).empty());
  REQUIRE(keeper.Load(2, rsa).empty());
  REQUIRE(keeper.Load(3, pss).empty());
  REQUIRE(keeper.Load(4, ed).empty());
  REQUIRE(keeper.Load(5, p384).empty());

  CHECK(Verifies(ec, "SHA256", kVerify, sign(1, kEcdsa256, kVerify)));
  CHECK(Verifies(ec, "SHA256", kExchange, sign(1, kEcdsa256, kExchange)));
  CHECK(Verifies(ec, "SHA384", kExchange, sign(1, 0x0503, kExchange)));
  CHECK(sign(1, 0x0503, kVerify).empty());  // in TLS 1.3 the hash goes with the curve
  CHECK(sign(1, kPkcs1, kExchange).empty());
  CHECK(Verifies(rsa, "SHA256", kExchange, sign(2, kPkcs1, kExchange)));
  CHECK(sign(2, kPkcs1, kVerify).empty());  // not in TLS 1.3
  CHECK(Verifies(rsa, "SHA256", kVerify, sign(2, kPss, kVerify), true));
  CHECK(sign(2, kPssPss, kVerify).empty());
  CHECK(Verifies(pss, "SHA256", kVerify, sign(3, kPssPss, kVerify), true));
  CHECK(sign(3, kPss, kVerify).empty());
  CHECK(Verifies(ed, nullptr, kVerify, sign(4, kEd, kVerify)));
  CHECK(Verifies(ed, nullptr, kExchange, sign(4, kEd, kExchange)));
  CHECK(Verifies(p384, "SHA384", kVerify, sign(5, 0x0503, kVerify)));
  CHECK(keeper.Join() == KeyKeeper::State::kChannelClosed);
}

TEST_CASE("one connection gets one signature, with a key of its service, in time") {
  Keeper keeper;
  const Certificate ec;
  REQUIRE(keeper.Load(1, ec).empty());
  REQUIRE(keeper.Load(2, ec).empty());
  CHECK(keeper.Sign(7, 1, kEcdsa256, kVerify).empty());  // nobody has announced it
  CHECK(keeper.Overdrawn() == 7);
  keeper.Allow(7);
  CHECK_FALSE(keeper.Sign(7, 1, kEcdsa256, kVerify).empty());
  CHECK(keeper.Sign(7, 1, kEcdsa256, kVerify).empty());
  CHECK(keeper.Overdrawn() == 7);
  keeper.Allow(8);
  CHECK(keeper.Sign(8, 2, kEcdsa256, kVerify).empty());  // another service's
  CHECK(keeper.Overdrawn() == 8);
  keeper.Allow(9, 1, 2);
  CHECK_FALSE(keeper.Sign(9, 2, kEcdsa256, kVerify).empty());
  keeper.Allow(10, 1, 1, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(keeper.Sign(10, 1, kEcdsa256, kVerify).empty());
  CHECK(keeper.Overdrawn() == 10);
}

TEST_CASE("what is no server's handshake is not signed, and is told of") {
  Keeper keeper;
  REQUIRE(keeper.Load(1, Certificate()).empty());
  SessionId id = 0;
  for (const std::string& message :
       {std::string(), std::string(32, 'd'), CertificateVerifyOf(std::string(32, 'h'), "client"),
        kExchange + "x"}) {
    keeper.Allow(++id);
    CHECK(keeper.Sign(id, 1, kEcdsa256, message).empty());
    CHECK(keeper.Overdrawn() == id);
    CHECK_FALSE(keeper.Sign(id, 1, kEcdsa256, kVerify).empty());  // it was not spent
  }
  keeper.Allow(++id);
  CHECK(keeper.Sign(id, 1, 0x0203, kVerify).empty());  // SHA-1
  CHECK(keeper.Overdrawn() == id);
}

TEST_CASE("all that is wrong with a pair is told at once") {
  Keeper keeper;
  const Certificate good, weak({.kind = "RSA:1024"}), unsupported({.kind = "secp256k1"});
  using enum KeyFlaw;
  CHECK(keeper.Load(1, weak.key_pem(), good.pem()) == FlawSet{kWeakKey, kMismatch});
  CHECK(keeper.Load(1, "no key", "") == FlawSet{kUnreadableKey, kUnreadableCertificate});
  CHECK(keeper.Load(1, weak.key_pem(), good.key_pem() + unsupported.pem()) ==
        FlawSet{kWeakKey, kMismatch, kKeyInCertificate});
  CHECK(keeper.Load(1, "no key", unsupported.pem()) == FlawSet{kUnreadableKey, kUnsupportedKey});
  CHECK(keeper.Load(1, good).empty());
}

TEST_CASE("without the key the certificate tells what it can, and nothing is kept") {
  Keeper keeper;
  const Certificate good, weak({.kind = "RSA:1024"}), unsupported({.kind = "secp256k1"});
  CHECK(keeper.JudgeWithoutKey(1, good.pem()).empty());
  CHECK(keeper.JudgeWithoutKey(1, good.pem() + good.key_pem()) ==
        FlawSet{KeyFlaw::kKeyInCertificate});
  CHECK(keeper.JudgeWithoutKey(1, weak.pem()) == FlawSet{KeyFlaw::kWeakKey});
  CHECK(keeper.JudgeWithoutKey(1, unsupported.pem()) == FlawSet{KeyFlaw::kUnsupportedKey});
  CHECK(keeper.JudgeWithoutKey(1, "") == FlawSet{KeyFlaw::kUnreadableCertificate});
  keeper.Allow(1);
  CHECK(keeper.Sign(1, 1, kEcdsa256, kVerify).empty());
  CHECK(keeper.Overdrawn() == 1);
  CHECK(keeper.Load(1, good).empty());  // the number was not taken
}

TEST_CASE("a pair that cannot serve is not loaded, with the reason") {
  Keeper keeper;
  const Certificate good, other;
  CHECK(keeper.Load(1, other.key_pem(), good.pem()) == FlawSet{KeyFlaw::kMismatch});
  CHECK(keeper.Load(1, "no key", good.pem()) == FlawSet{KeyFlaw::kUnreadableKey});
  CHECK(keeper.Load(1, good.pem(), good.pem()) == FlawSet{KeyFlaw::kUnreadableKey});
  CHECK(keeper.Load(1, good.key_pem(), "") == FlawSet{KeyFlaw::kUnreadableCertificate});
  for (const std::string& both : {good.pem() + good.key_pem(), good.key_pem() + good.pem()}) {
    CHECK(keeper.Load(1, good.key_pem(), both) == FlawSet{KeyFlaw::kKeyInCertificate});
    CHECK(keeper.Load(1, both, both) == FlawSet{KeyFlaw::kKeyInCertificate});
    CHECK(keeper.Load(9, both, good.pem()).empty());
    keeper.Forget(9);
  }
  CHECK(keeper.Load(1, Certificate({.kind = "RSA:1024"})) == FlawSet{KeyFlaw::kWeakKey});
  CHECK(keeper.Load(1, Certificate({.kind = "secp256k1"})) == FlawSet{KeyFlaw::kUnsupportedKey});
  keeper.Allow(1);
  CHECK(keeper.Sign(1, 1, kEcdsa256, kVerify).empty());
  CHECK(keeper.Overdrawn() == 1);
  CHECK(keeper.Load(1, good).empty());
  keeper.Forget(1);
  CHECK(keeper.Load(1, good).empty());
}

TEST_CASE("garbage on the edge ends it, posternd is told, and a new one has no old allowances") {
  Keeper keeper;
  REQUIRE(keeper.Load(1, Certificate()).empty());
  REQUIRE(sandbox::SendFrame(keeper.edge(), AsFrame(AskEdge{}), {}));
  CHECK(keeper.EdgeEnds());
  CHECK(keeper.GarbageToldOf() == keeper.edges());
  keeper.Allow(1);
  keeper.NewEdge();
  CHECK(keeper.Sign(1, 1, kEcdsa256, kVerify).empty());
  CHECK(keeper.Overdrawn() == 1);
  AskSign oversize;
  oversize.length = kMaxSigned + 1;
  REQUIRE(sandbox::SendFrame(keeper.edge(), AsFrame(oversize), {}));
  CHECK(keeper.EdgeEnds());
  CHECK(keeper.GarbageToldOf() == keeper.edges());
  keeper.NewEdge();
  keeper.Allow(2);
  CHECK_FALSE(keeper.Sign(2, 1, kEcdsa256, kVerify).empty());
}

TEST_CASE("whoever asks, and takes no answers, is told of too") {
  Keeper keeper;
  REQUIRE(keeper.Load(1, Certificate()).empty());
  constexpr SessionId kFarTooMany = 1000;
  for (SessionId id = 1; id <= kFarTooMany; ++id) {
    keeper.Allow(id);
    pollfd writable{keeper.edge().get(), POLLOUT, 0};
    REQUIRE(::poll(&writable, 1, 20000) == 1);
    if ((writable.revents & POLLHUP) != 0) break;
    const auto ask = Asker::Asking(id, 1, kEcdsa256, kVerify);
    if (!sandbox::SendFrame(keeper.edge(), AsFrame(ask), {})) break;
  }
  CHECK(keeper.GarbageToldOf() == keeper.edges());
}

// One whose turns the test makes itself.
struct Stepped : Asker {
  std::unique_ptr<KeyKeeper> keeper;
  Stepped() {
    auto pair = sandbox::MakeChannel();
    REQUIRE(pair);
    auto made = KeyKeeper::Make(std::move(pair->theirs));
    REQUIRE(made);
    keeper = std::move(*made);
    Turn();
    Start(std::move(pair->ours));
    Turn();
    Turn();  // the channel is empty: what comes next is looked at first
  }
  KeyKeeper::State Turn() { return keeper->Turn(std::chrono::milliseconds(0)); }
};

TEST_CASE("one postern-tls that is gone says nothing to the next") {
  Stepped stepped;
  const auto ask = Asker::Asking(7, 1, kEcdsa256, kVerify);
  REQUIRE(sandbox::SendFrame(stepped.edge(), AsFrame(ask), {}));
  const UniqueFd before = std::move(stepped.edge());
  stepped.NewEdge();
  CHECK(stepped.Turn() == KeyKeeper::State::kRunning);
  CHECK_FALSE(Await(stepped.edge(), POLLIN, 0));
  // One that has closed its end is gone, of which posternd knows.
  stepped.edge().Reset();
  CHECK(stepped.Turn() == KeyKeeper::State::kRunning);
  stepped.Turn();
  CHECK_FALSE(Await(stepped.channel(), POLLIN, 0));
}

TEST_CASE("what is allowed behind as many keys as may be unanswered is signed") {
  Stepped stepped;
  const Certificate certificate;
  stepped.Give(1, certificate.key_pem(), certificate.pem());
  stepped.Turn();
  for (KeyIndex more = 1; more <= kMostUnansweredKeys; ++more) stepped.Give(1 + more, "", "");
  stepped.Allow(7);
  const auto ask = Asker::Asking(7, 1, kEcdsa256, kVerify);
  REQUIRE(sandbox::SendFrame(stepped.edge(), AsFrame(ask), {}));
  stepped.Turn();
  CHECK(NextFrame<AnswerSign>(stepped.edge()).length != 0);
}

TEST_CASE("without memory for an answer it ends, so that posternd starts another") {
  Stepped stepped;
  const auto ask = Asker::Asking(7, 1, kEcdsa256, kVerify);
  REQUIRE(sandbox::SendFrame(stepped.edge(), AsFrame(ask), {}));
  auto end = KeyKeeper::State::kRunning;
  std::thread([&] {  // the filter is the thread's own
    if (testlib::FakeCall(SYS_sendmsg, ENOBUFS)) end = stepped.Turn();
  })
      .join();
  CHECK(end == KeyKeeper::State::kFailed);
}

TEST_CASE("garbage from posternd ends it") {
  const auto ends = [](const auto& frame, bool with_descriptor) {
    Keeper keeper;
    const int lent = 2;
    REQUIRE(
        sandbox::SendFrame(keeper.channel(), AsFrame(frame), {&lent, with_descriptor ? 1UL : 0UL}));
    return keeper.AwaitEnd() == KeyKeeper::State::kGarbage;
  };
  CHECK(ends(AskSign{}, false));
  CHECK(ends(AskKey{}, true));
  CHECK(ends(AskKey{.index = 1, .has_key = 0}, false));
  CHECK(ends(AskKey{.index = 1, .has_key = 2}, true));
  CHECK(ends(AskEdge{}, false));
  CHECK(ends(AskAllow{}, false));  // of no key
  CHECK(ends(AskForgetKey{}, true));
}

std::string StatusOf(pid_t pid, const std::string& key) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":"))
      return line.substr(line.find_first_not_of("\t ", key.size() + 1));
  }
  return "absent";
}

// For what is started meanwhile.
struct LittleLockedMemory {
  rlimit before{};
  LittleLockedMemory() {
    REQUIRE(::getrlimit(RLIMIT_MEMLOCK, &before) == 0);
    const rlimit little{1 << 20, 1 << 20};
    REQUIRE(::setrlimit(RLIMIT_MEMLOCK, &little) == 0);
  }
  ~LittleLockedMemory() { ::setrlimit(RLIMIT_MEMLOCK, &before); }
};

TEST_CASE("a key that finds the locked memory full is told from one that cannot be read") {
  const LittleLockedMemory little;
  auto helper = sandbox::StartHelper({KEYS_PROGRAM, "--user", "65534", "65534"});
  REQUIRE(helper);
  Asker asker;
  asker.Start(std::move(helper->channel));
  const Certificate large({.kind = "RSA:2048"}), small;
  KeyIndex index = 1;
  FlawSet<KeyFlaw> flaws;
  while (flaws.empty() && index < 1000) flaws = asker.Load(index++, large);
  CHECK(flaws == FlawSet{KeyFlaw::kNoRoom});
  asker.Allow(1);
  CHECK_FALSE(asker.Sign(1, 1, kPss, kVerify).empty());
  for (KeyIndex gone = 2; gone < index; ++gone) {
    REQUIRE(Await(asker.channel(), POLLOUT));
    asker.Forget(gone);
  }
  CHECK(asker.Load(index++, "no key", small.pem()) == FlawSet{KeyFlaw::kUnreadableKey});
  CHECK(asker.Load(index++, small).empty());
  asker.channel().Reset();
  CHECK(sys::AwaitPidfd(helper->pidfd));
}

TEST_CASE("the program signs from behind its filter, without a right, in locked memory") {
  auto helper = sandbox::StartHelper({KEYS_PROGRAM, "--user", "65534", "65534"});
  REQUIRE(helper);
  Asker asker;
  asker.Start(std::move(helper->channel));
  int number = 0;
  SessionId id = 0;
  for (const auto& [kind, scheme] : {std::pair{"P-256", kEcdsa256},
                                     {"RSA:2048", kPss},
                                     {"ED25519", kEd},
                                     {"RSA-PSS", kPssPss}}) {
    const auto key = static_cast<KeyIndex>(++number);
    REQUIRE(asker.Load(key, Certificate({.kind = kind})).empty());
    for (int i = 0; i < 50; ++i) {
      asker.Allow(++id, key);
      CHECK_FALSE(asker.Sign(id, key, scheme, kVerify).empty());
    }
  }
  CHECK(StatusOf(helper->pid, "Uid") == "65534\t65534\t65534\t65534");
  CHECK(StatusOf(helper->pid, "CapEff") == "0000000000000000");
  CHECK(StatusOf(helper->pid, "NoNewPrivs") == "1");
  CHECK(StatusOf(helper->pid, "Seccomp") == "2");
#ifndef __SANITIZE_ADDRESS__
  CHECK(StatusOf(helper->pid, "VmLck") != "0 kB");
#endif
  asker.channel().Reset();
  const auto exit = sys::AwaitPidfd(helper->pidfd);
  REQUIRE(exit);
  CHECK(exit->status == 0);
}

}  // namespace
}  // namespace postern::daemon
