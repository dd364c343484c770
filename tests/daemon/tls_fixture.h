// SPDX-License-Identifier: BSD-2-Clause
// What the tests of postern-tls share: both helpers as parts, each on a thread of its own, with the
// edge between them, and clients (openssl_client.h).
#pragma once

#include <signal.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "daemon/keys/key_keeper.h"
#include "daemon/tls/key_provider.h"
#include "daemon/tls/tls_relay.h"
#include "sandbox/helper.h"
#include "sandbox/sys/files.h"
#include "tests/daemon/frames.h"
#include "tests/daemon/openssl_client.h"
#include "tests/testlib/certificates.h"
#include "tests/testlib/temp_dir.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using sys::UniqueFd;
using TestCertificate = testlib::Certificate;

inline std::string TextOf(const char* bytes, std::uint32_t length) { return {bytes, length}; }

// Either as parts of the test, each on a thread, or as the programs that posternd starts.
struct TlsPrograms {
  std::vector<std::string> keys, tls;
};

// As many sessions as a test likes.
inline TlsLimits LimitsOf(const TlsSession::Patience& patience) { return {4096, patience}; }

class TlsUnderTest {
 public:
  explicit TlsUnderTest(const TlsPrograms& programs) {
    auto keys = sandbox::StartHelper(programs.keys), tls = sandbox::StartHelper(programs.tls);
    REQUIRE((keys && tls));
    keys_ = std::move(keys->channel);
    tls_ = std::move(tls->channel);
    tls_process_ = std::move(*tls);
    BeReady();
  }
  explicit TlsUnderTest(const TlsLimits& limits = LimitsOf({})) {
    sys::IgnoreSignals({SIGPIPE});
    REQUIRE(LoadKeyProvider(signer_));
    auto keys = sandbox::MakeChannel(), tls = sandbox::MakeChannel();
    keys_ = std::move(keys->ours);
    tls_ = std::move(tls->ours);
    auto keeper = KeyKeeper::Make(std::move(keys->theirs));
    auto relay = TlsRelay::Make(std::move(tls->theirs), signer_, limits);
    REQUIRE((keeper && relay));
    keys_thread_ = std::thread([keeper = std::move(*keeper)] { keeper->Run(); });
    tls_thread_ = std::thread([this, relay = std::move(*relay)] { end_ = relay->Run(); });
    BeReady();
  }
  ~TlsUnderTest() { Join(); }

  pid_t tls_pid() const { return tls_process_.pid; }
  // How the program ended, when posternd has closed its channel.
  sys::Exit CloseAndAwait() {
    tls_.Reset();
    const auto exit = sys::AwaitPidfd(tls_process_.pidfd);
    REQUIRE(exit);
    return *exit;
  }

  TlsRelay::State Join() {
    keys_.Reset();
    tls_.Reset();
    if (keys_thread_.joinable()) keys_thread_.join();
    if (tls_thread_.joinable()) tls_thread_.join();
    return end_;
  }
  TlsRelay::State AwaitEnd() {
    tls_thread_.join();
    return end_;
  }

  void NewEdge() {
    auto edge = sandbox::MakeChannel();
    Send(keys_, AskEdge{}, {edge->ours.get()});
    Send(tls_, AskTlsEdge{}, {edge->theirs.get()});
  }
  // postern-keys is there, and says nothing.
  UniqueFd NewDeafEdge() {
    auto edge = sandbox::MakeChannel();
    Send(tls_, AskTlsEdge{}, {edge->theirs.get()});
    return std::move(edge->ours);
  }

  template <typename Frame>
  void Send(const UniqueFd& channel, const Frame& frame, const std::vector<int>& lent = {}) {
    SendBytes(channel, AsFrame(frame), lent);
  }
  template <typename Frame>
  Frame Next() {
    return NextFrame<Frame>(tls_);
  }

  UniqueFd File(const std::string& content) {
    testlib::WriteFile(folder_ / "file", content);
    auto file = sys::OpenRegularFile(folder_ / "file");
    std::remove((folder_ / "file").c_str());
    REQUIRE(file);
    return std::move(*file);
  }

  struct Wish {
    AskTlsService ask = {};
    std::string authorities = {}, revocations = {};
    std::vector<std::string> staples = {};
    std::string chain = {};  // after each certificate
    bool judged = false;
  };
  // Service number 1 and so on; keys from 100 times that.
  AnswerTlsService AddService(TlsServiceId id, const std::vector<const TestCertificate*>& list,
                              Wish wish) {
    wish.ask.service = id;
    wish.ask.credential_count = static_cast<std::uint32_t>(list.size());
    if (wish.ask.handshake_ms == 0) wish.ask.handshake_ms = 15000;
    wish.ask.has_authorities = wish.authorities.empty() ? 0 : 1;
    wish.ask.has_revocations = wish.revocations.empty() ? 0 : 1;
    const UniqueFd authorities = File(wish.authorities), revocations = File(wish.revocations);
    std::vector<int> lent;
    if (!wish.authorities.empty()) lent.push_back(authorities.get());
    if (!wish.revocations.empty()) lent.push_back(revocations.get());
    Send(tls_, wish.ask, lent);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const KeyIndex key = id * 100 + static_cast<KeyIndex>(i);
      const UniqueFd certificate = File(list[i]->pem() + wish.chain);
      const UniqueFd private_key = File(list[i]->key_pem());
      AskKey load;
      load.index = key;
      Send(keys_, load, {private_key.get(), certificate.get()});
      REQUIRE(NextFrame<AnswerKey>(keys_).flaws.empty());
      AskTlsCredential ask;
      ask.service = id;
      ask.key = key;
      ask.has_staple = i < wish.staples.size() ? 1 : 0;
      ask.judged = wish.judged ? 1 : 0;
      const UniqueFd staple = File(ask.has_staple != 0 ? wish.staples[i] : "");
      std::vector<int> files = {certificate.get()};
      if (ask.has_staple != 0) files.push_back(staple.get());
      Send(tls_, ask, files);
    }
    return Next<AnswerTlsService>();
  }
  AnswerTlsService AddService(TlsServiceId id, const std::vector<const TestCertificate*>& list) {
    return AddService(id, list, Wish{});
  }

  // The service's end. The client's is handed over.
  UniqueFd Begin(SessionId id, TlsServiceId service, const UniqueFd& client, std::uint32_t idle = 0,
                 WireStartTls starttls = WireStartTls::kNone, bool required = true) {
    AskAllow allow;
    allow.header.session = id;
    allow.first_key = service * 100;
    allow.key_count = 100;
    allow.milliseconds = 60000;
    Send(keys_, allow);
    auto [theirs, ours] = UnixConnection();
    AskTls ask;
    ask.header.session = id;
    ask.service = service;
    ask.idle_timeout = idle;
    ask.starttls = starttls;
    ask.required = required ? 1 : 0;
    Send(tls_, ask, {client.get(), ours.get()});
    return std::move(theirs);
  }

  void Admit(SessionId id) { Tell<AskTlsAdmit>(id); }
  void Refuse(SessionId id) { Tell<AskTlsRefuse>(id); }
  void Truncate(SessionId id) { Tell<AskTlsTruncate>(id); }

  AnswerTls Shake(TlsClient& client) {
    REQUIRE(client.Connect());
    return Next<AnswerTls>();
  }
  // What the client keeps when it has had the ticket and all is over.
  KeptSession EndWithTicket(TlsClient& client, const UniqueFd& program) {
    Write(program, "x");
    CHECK(client.Read(1) == "x");  // the ticket comes before
    KeptSession kept = client.Keep();
    End(client, program);
    return kept;
  }
  // Both ends have said their last, and it is over.
  AnswerTlsDone End(TlsClient& client, const UniqueFd& program) {
    client.HalfClose();
    ::shutdown(program.get(), SHUT_RDWR);
    return Next<AnswerTlsDone>();
  }

  UniqueFd& tls() { return tls_; }
  UniqueFd& keys() { return keys_; }

 private:
  template <typename Frame>
  void Tell(SessionId id) {
    Frame frame;
    frame.header.session = id;
    Send(tls_, frame);
  }
  void BeReady() {
    NextFrame<AnswerReady>(keys_);
    NextFrame<AnswerReady>(tls_);
    NewEdge();
  }

  testlib::TempDir folder_;
  sandbox::Helper tls_process_;
  RemoteSigner signer_;
  UniqueFd keys_, tls_;
  std::thread keys_thread_, tls_thread_;
  TlsRelay::State end_ = TlsRelay::State::kRunning;
};

}  // namespace postern::daemon
