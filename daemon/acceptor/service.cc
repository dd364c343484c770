// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/service.h"

#include <utility>

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::chrono::seconds kStarvedPause(1);

std::uint64_t NextSerial() {
  static std::uint64_t last = 0;
  return ++last;
}

}  // namespace

Service::Service(EventLoop& loop, ArrivalHandler& arrivals, Definition definition)
    : loop_(loop), arrivals_(arrivals), definition_(std::move(definition)), serial_(NextSerial()) {}

Service::~Service() { Retire(); }

sys::Status Service::Redefine(Definition definition) {
  definition_ = std::move(definition);
  substitutes = {};
  return listener_ ? listener_.Configure(spec()) : sys::Status{};
}

sys::Status Service::Listen(Listener listener) {
  listener_ = std::move(listener);
  TRY_STATUS(listener_.Configure(spec()));
  Watch();
  return {};
}

Listener Service::TakeListener() {
  Unwatch();
  return std::exchange(listener_, Listener());
}

sys::Status Service::ReclaimAddress() {
  TRY_STATUS(listener_.Reclaim());
  const bool refuses = held(Hold::kClosed) && spec().socket_type != policy::SocketType::kDgram;
  return refuses ? listener_.Close() : sys::Status{};
}

void Service::Retire() {
  retired_ = true;
  loop_.Cancel(reopen_timer);
  loop_.Cancel(starved_timer_);
  TakeListener();
}

void Service::Place(Hold hold) {
  holds_ |= static_cast<std::uint8_t>(hold);
  Unwatch();
}

void Service::Release(Hold hold) {
  holds_ &= static_cast<std::uint8_t>(~static_cast<unsigned>(hold));
  Watch();
}

void Service::Watch() {
  if (holds_ != 0 || watch_ != 0 || !listener_) return;
  const auto watch = loop_.Watch(listener_.socket(), sys::kReadable | sys::kPeerClosed, *this);
  if (watch) {
    watch_ = *watch;
    return;
  }
  Starve();  // out of memory for the watch (epoll_ctl(2)): once more later, rather than never again
}

void Service::Starve() {
  Place(Hold::kStarved);
  if (starved_timer_ != 0) return;
  starved_timer_ = loop_.After(kStarvedPause, [this] {
    starved_timer_ = 0;
    Release(Hold::kStarved);
  });
}

void Service::Unwatch() { loop_.Unwatch(listener_.socket(), watch_); }

void Service::OnReady(std::uint32_t ready) {
  if ((ready & (sys::kPeerClosed | sys::kHangUp)) != 0) return arrivals_.OnSocketDead(*this);
  arrivals_.OnArrival(*this);
}

}  // namespace postern::daemon
