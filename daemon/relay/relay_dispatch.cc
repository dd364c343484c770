// SPDX-License-Identifier: BSD-2-Clause
// What the relay does with each frame of daemon/protocol.h. Whatever the table below does not
// permit is garbage, and ends the relay.
#include <algorithm>
#include <ctime>

#include "daemon/relay/clock_text.h"
#include "daemon/relay/relay.h"
#include "daemon/relay/sessions.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// Frames read for one event; sessions have their turn in between.
constexpr int kFramesPerTurn = 64;

bool CanBeConnectedTo(const WireAddress& address) {
  return address.port != 0 && IsWellFormed(address);
}

}  // namespace

// One row for each frame that posternd may send.
struct Relay::Permit {
  FrameType type;
  std::size_t fewest_descriptors;
  std::size_t most_descriptors;
  bool (*handle)(Relay&, std::span<const std::byte>, Descriptors);

  template <typename Frame, bool (Relay::*kHandler)(const Frame&, Descriptors)>
  static bool Call(Relay& relay, std::span<const std::byte> bytes, Descriptors descriptors) {
    Frame ask;
    return ReadFrame(bytes, ask) && (relay.*kHandler)(ask, descriptors);
  }
};

const Relay::Permit Relay::kPermits[] = {
    {FrameType::kAskMuxClear, 0, 0, &Permit::Call<AskMuxClear, &Relay::OnMuxClear>},
    {FrameType::kAskMuxName, 0, 0, &Permit::Call<AskMuxName, &Relay::OnMuxName>},
    {FrameType::kAskServe, 1, 1, &Permit::Call<AskServe, &Relay::OnServe>},
    {FrameType::kAskRedirect, 1, 1, &Permit::Call<AskRedirect, &Relay::OnRedirect>},
    {FrameType::kAskSplice, 2, 2, &Permit::Call<AskSplice, &Relay::OnSplice>},
    {FrameType::kAskMux, 1, 1, &Permit::Call<AskMux, &Relay::OnMux>},
    {FrameType::kAskProxy, 1, 1, &Permit::Call<AskProxy, &Relay::OnProxy>},
    {FrameType::kAskBanner, 2, 3, &Permit::Call<AskBanner, &Relay::OnBanner>},
    {FrameType::kAskDatagram, 1, 1, &Permit::Call<AskDatagram, &Relay::OnDatagram>},
    {FrameType::kAskStop, 0, 0, &Permit::Call<AskStop, &Relay::OnStop>},
};

void Relay::ReadAsked() {
  for (int left = kFramesPerTurn; left > 0;) {
    auto asked = channel_.Next();
    if (!asked) return;
    if (!Dispatch(asked->frame, asked->descriptors())) channel_.End(State::kGarbage);
    // A table of names is taken in one go: a client in between would find half of it.
    const FrameType type = TypeOf(asked->frame);
    if (type != FrameType::kAskMuxClear && type != FrameType::kAskMuxName) --left;
  }
}

bool Relay::Dispatch(std::span<const std::byte> frame, Descriptors descriptors) {
  for (const Permit& permit : kPermits) {
    if (permit.type != TypeOf(frame)) continue;
    return descriptors.size() >= permit.fewest_descriptors &&
           descriptors.size() <= permit.most_descriptors &&
           permit.handle(*this, frame, descriptors);
  }
  return false;
}

bool Relay::OnMuxClear(const AskMuxClear& /*ask*/, Descriptors /*descriptors*/) {
  mux_names_.Clear();
  return true;
}

bool Relay::OnMuxName(const AskMuxName& ask, Descriptors /*descriptors*/) {
  if (ask.length == 0 || ask.length > kMaxMuxName) return false;
  return mux_names_.Add({ask.name.data(), ask.length}, ask.index);
}

bool Relay::OnServe(const AskServe& ask, Descriptors descriptors) {
  if (!Valid(ask.builtin)) return false;
  const auto make = [&](Seat seat) {
    switch (ask.builtin) {
      case WireBuiltin::kEcho:
        return MakeEchoSession(std::move(seat));
      case WireBuiltin::kDiscard:
        return MakeDiscardSession(std::move(seat));
      case WireBuiltin::kChargen:
        return MakeChargenSession(std::move(seat));
      case WireBuiltin::kDaytime:
        return MakeTextSession(std::move(seat), DaytimeText(std::time(nullptr)));
      case WireBuiltin::kTime:
        break;
    }
    return MakeTextSession(std::move(seat), TimeBytes(std::time(nullptr)));
  };
  return Begin(ask.header.session, std::move(descriptors[0]), 1, make);
}

bool Relay::OnRedirect(const AskRedirect& ask, Descriptors descriptors) {
  if (ask.address_count == 0 || ask.address_count > kMaxRedirectAddresses || ask.keepalive > 1 ||
      ask.proxy_version > 2 || !IsWellFormed(ask.client) || !IsWellFormed(ask.server) ||
      !Valid(ask.tlvs)) {
    return false;
  }
  const auto addresses = std::span(ask.addresses).first(ask.address_count);
  if (!std::all_of(addresses.begin(), addresses.end(), CanBeConnectedTo)) return false;
  return Begin(ask.header.session, std::move(descriptors[0]), 2, [&](Seat seat) {
    return MakeRedirectSession(std::move(seat), ask, budget_, limits_.connect,
                               {.idle = std::nullopt, .flush = limits_.flush});
  });
}

bool Relay::OnSplice(const AskSplice& ask, Descriptors descriptors) {
  return Begin(ask.header.session, std::move(descriptors[0]), 2, [&](Seat seat) {
    AnswerSplice both_here;
    both_here.header.session = ask.header.session;
    channel_.Answer(both_here);
    CarryingSession::Patience patience{.idle = std::nullopt, .flush = limits_.flush};
    if (ask.idle_timeout != 0) patience.idle = std::chrono::milliseconds(ask.idle_timeout);
    return MakeSpliceSession(std::move(seat), std::move(descriptors[1]), budget_, patience);
  });
}

bool Relay::OnMux(const AskMux& ask, Descriptors descriptors) {
  return Begin(ask.header.session, std::move(descriptors[0]), 1, [&](Seat seat) {
    return MakeMuxSession(std::move(seat), mux_names_, limits_.mux_name);
  });
}

bool Relay::OnProxy(const AskProxy& ask, Descriptors descriptors) {
  return Begin(ask.header.session, std::move(descriptors[0]), 1,
               [&](Seat seat) { return MakeProxySession(std::move(seat), limits_.proxy_header); });
}

bool Relay::OnBanner(const AskBanner& ask, Descriptors descriptors) {
  if (ask.give_back > 1) return false;
  BannerFiles files;
  for (std::size_t i = 1; i < descriptors.size(); ++i) files[i - 1] = std::move(descriptors[i]);
  return Begin(ask.header.session, std::move(descriptors[0]), 3, [&](Seat seat) {
    return MakeBannerSession(std::move(seat), std::move(files), ask.give_back == 1, limits_.banner);
  });
}

bool Relay::OnDatagram(const AskDatagram& ask, Descriptors descriptors) {
  if (!Valid(ask.builtin) || ask.sender.is_v4 > 1) return false;
  AnswerDatagram answer;
  answer.header.session = ask.header.session;
  answer.outcome = datagrams_.Answer(ask, descriptors[0], std::time(nullptr));
  channel_.Answer(answer);
  return true;
}

// A stop may cross the session's own answer, so an unknown session is none of our business.
bool Relay::OnStop(const AskStop& ask, Descriptors /*descriptors*/) {
  const auto serial = serials_.find(ask.header.session);
  if (serial == serials_.end()) return true;
  const Serial found = serial->second;
  Entry& entry = sessions_.at(found);
  entry.session->Stop();
  Settle(found, entry);
  return true;
}

template <typename MakeSession>
bool Relay::Begin(SessionId id, sys::UniqueFd client, std::size_t descriptors,
                  const MakeSession& make) {
  if (serials_.contains(id)) return false;
  auto lease = budget_.ForSession(descriptors);
  if (!lease) {
    AnswerDone full;
    full.header.session = id;
    full.outcome = Outcome::kNoCapacity;
    channel_.Answer(full);
    return true;
  }
  const Serial serial = ++last_serial_;
  serials_.emplace(id, serial);
  Entry& entry = sessions_[serial];
  entry.lease = std::move(lease);
  entry.session = make(Seat{id, std::move(client), &channel_.poller(), serial << 1});
  entry.session->Start(now_);
  Settle(serial, entry);
  return true;
}

}  // namespace postern::daemon
