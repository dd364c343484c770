// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of every edge: whatever its helpers answer, in whatever order, it goes on, its
// books agree, and it holds no descriptor afterwards. Input: acts of one byte each.
//
//   0 to 5      the relay, lookup, tls, keys, the other tls, its keys say a frame: two bytes of
//               length, little-endian (bit 15: with a descriptor), and the frame
//   16 + n      an answer of the n-th kind (Answers, below) for the session of the next byte, with
//               the next two for its enumerators, or for what is numbered; from the postern-tls
//               that has the session
//   32 + n      the same, from the one that has it not
//   64 + n      client n writes; 96 + n: leaves; 128 + n: a reload removes its service
//   others      posternd takes its turn, as it does at the end
#include <dirent.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "daemon/lookup_protocol.h"
#include "daemon/tls_protocol.h"
#include "fuzz/posternd_with_puppets.h"

namespace {

namespace daemon = postern::daemon;
using postern::fuzz::PosterndWithPuppets;
using postern::fuzz::Role;

class Acts {
 public:
  Acts(const std::uint8_t* data, std::size_t size) : left_(data, size) {}
  bool over() const { return left_.empty(); }
  std::uint8_t Byte() {
    if (left_.empty()) return 0;
    const std::uint8_t byte = left_.front();
    left_ = left_.subspan(1);
    return byte;
  }
  std::span<const std::byte> Bytes(std::size_t most) {
    const auto taken = left_.first(std::min(most, left_.size()));
    left_ = left_.subspan(taken.size());
    return std::as_bytes(taken);
  }

 private:
  std::span<const std::uint8_t> left_;
};

// 0: none; else one, which need not be an enumerator.
template <typename Flaw>
daemon::FlawSet<Flaw> FlawsOf(std::uint8_t number) {
  if (number == 0) return {};
  return {Flaw{(number - 1U) % 32}};
}

template <typename Frame>
void Answer(PosterndWithPuppets& posternd, Role role, Frame frame, std::uint8_t session) {
  frame.header.session = session;
  posternd.Say(role, daemon::AsFrame(frame), false);
}

void AnswerOfKind(PosterndWithPuppets& posternd, std::uint8_t kind, std::uint8_t session,
                  std::uint8_t first, std::uint8_t second, bool by_other) {
  const bool is_first = (posternd.TlsOf(session) == Role::kTls) != by_other;
  const Role tls = is_first ? Role::kTls : Role::kOtherTls;
  const Role keys = is_first ? Role::kKeys : Role::kOtherKeys;
  const daemon::WireAddress address{
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, first}, second, 1, 0};
  switch (kind) {
    case 0:
      return Answer(posternd, Role::kRelay,
                    daemon::AnswerDone{.outcome = daemon::Outcome{first}, .error = second},
                    session);
    case 1:
      return Answer(posternd, Role::kRelay, daemon::AnswerMux{.index = first}, session);
    case 2:
      return Answer(posternd, Role::kRelay, daemon::AnswerBanner{}, session);
    case 3:
      return Answer(posternd, Role::kRelay, daemon::AnswerSplice{}, session);
    case 4: {
      daemon::AnswerProxy proxy;
      proxy.outcome = daemon::ProxyOutcome{first};
      proxy.source = proxy.destination = address;
      const char letter = static_cast<char>(second);
      if (second != 0) proxy.tlvs.authority.Set({&letter, 1});
      return Answer(posternd, Role::kRelay, proxy, session);
    }
    case 5:
      return Answer(posternd, Role::kRelay,
                    daemon::AnswerDatagram{.outcome = daemon::DatagramOutcome{first}}, session);
    case 6: {
      daemon::AnswerName name;
      name.outcome = daemon::WireName{first};
      name.length = std::min<std::uint32_t>(second, 4);
      std::fill_n(name.name.begin(), name.length, 'a');
      return Answer(posternd, Role::kLookup, name, session);
    }
    case 7: {
      daemon::AnswerUser user;
      user.outcome = daemon::WireUser{first};
      user.text_length = std::min<std::uint32_t>(second, 4);
      std::fill_n(user.text.begin(), user.text_length, 'u');
      return Answer(posternd, Role::kLookup, user, session);
    }
    case 8: {
      daemon::AnswerTls handshake{
          .version = daemon::kTls13, .verified = first & 1U, .cipher_length = 1, .cipher = {"c"}};
      handshake.name_count = second % 3;
      for (daemon::WireCertName& name : handshake.names) {
        name = {daemon::WireCertNameKind::kDns, 1, {"d"}};
      }
      return Answer(posternd, tls, handshake, session);
    }
    case 9:
      return Answer(posternd, tls,
                    daemon::AnswerTlsDone{.outcome = daemon::TlsOutcome{first},
                                          .fault = daemon::TlsFault{second}},
                    session);
    case 10:
      return Answer(posternd, tls,
                    daemon::AnswerTlsService{
                        .service = session,
                        .flaws = FlawsOf<daemon::ServiceFlaw>(first),
                        .credentials = {{{.flaws = FlawsOf<daemon::CredentialFlaw>(second)}}}},
                    0);
    case 11:
      return Answer(posternd, tls, daemon::AnswerKeysStuck{}, session);
    case 12:
      return Answer(posternd, keys,
                    daemon::AnswerKey{.index = session, .flaws = FlawsOf<daemon::KeyFlaw>(first)},
                    0);
    case 13:
      return Answer(posternd, keys, daemon::AnswerEdgeGarbage{}, session);
    default:
      return Answer(posternd, keys, daemon::AnswerOverdrawn{}, session);
  }
}

void RunActs(PosterndWithPuppets& posternd, Acts acts) {
  constexpr int kMostActs = 200;
  for (int i = 0; i < kMostActs && !acts.over(); ++i) {
    const std::uint8_t act = acts.Byte();
    if (act < postern::fuzz::kRoles) {
      const std::size_t length = acts.Byte() + 256U * acts.Byte();
      const auto frame = acts.Bytes(length % 0x8000 % (daemon::kMaxFrame + 1));
      posternd.Say(static_cast<Role>(act), frame, length >= 0x8000);
    } else if (act >= 16 && act < 48) {
      const std::uint8_t session = acts.Byte(), first = acts.Byte();
      AnswerOfKind(posternd, act % 16, session, first, acts.Byte(), /*by_other=*/act >= 32);
    } else if (act >= 64 && act < 96) {
      posternd.WriteAsClient(act % posternd.clients());
    } else if (act >= 96 && act < 128) {
      posternd.LeaveAsClient(act % posternd.clients());
    } else if (act >= 128 && act < 160) {
      posternd.RetireService(act);
    } else {
      posternd.Turn();
      posternd.CheckBooks();
    }
  }
  posternd.Turn();
  posternd.CheckBooks();
}

std::size_t OpenDescriptors() {
  std::size_t count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  while (folder && ::readdir(folder.get()) != nullptr) ++count;
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first makes what stays: the launcher, and where puppets knock.
  static const bool ready = (PosterndWithPuppets(), true);
  const std::size_t before = ready ? OpenDescriptors() : 0;
  {
    PosterndWithPuppets posternd;
    RunActs(posternd, Acts(data, size));
  }
  if (OpenDescriptors() != before) std::abort();
  return 0;
}
