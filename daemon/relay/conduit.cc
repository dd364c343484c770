// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/conduit.h"

#include <cerrno>
#include <span>
#include <utility>

#include "daemon/relay/session.h"
#include "sandbox/sys/payload.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// A pipe's capacity as it is made (pipe(7)); splicing copies nothing, so the burst may be larger.
constexpr std::size_t kPipeBurst = 64 * 1024;

}  // namespace

void Conduit::TryPipe(DescriptorBudget& budget) {
  auto lease = budget.ForPipe();
  if (!lease) return;
  auto pipe = sys::MakePipe(true);
  if (!pipe) return;
  lease_ = std::move(lease);
  pipe_ = std::move(*pipe);
}

// splice(2) does not get past an urgent byte: with more behind it there is nothing, it says, or the
// end, for ever. recv(2) does.
sys::Result<std::size_t> Conduit::Fill(const sys::UniqueFd& from, bool told) {
  if (!pipe_) return FillBuffer(from);
  const auto moved = sys::Splice(from, pipe_->write_end, kPipeBurst);
  const bool nothing = moved ? *moved == 0 : told && moved.error().number == EAGAIN;
  if (nothing) return FillBuffer(from);
  if (moved) held_ = *moved;
  return moved;
}

sys::Result<std::size_t> Conduit::FillBuffer(const sys::UniqueFd& from) {
  auto buffer = std::make_unique_for_overwrite<std::byte[]>(kBurst);
  TRY(held_, sys::ReceiveSome(from, std::span(buffer.get(), kBurst)));
  start_ = 0;
  if (held_ != 0) buffer_ = std::move(buffer);
  return held_;
}

sys::Result<std::size_t> Conduit::Drain(const sys::UniqueFd& to) {
  if (buffer_) return DrainBuffer(to);
  TRY(const std::size_t moved, sys::Splice(pipe_->read_end, to, held_));
  held_ -= moved;
  return moved;
}

sys::Result<std::size_t> Conduit::DrainBuffer(const sys::UniqueFd& to) {
  TRY(const std::size_t moved, sys::SendSome(to, std::span(buffer_.get() + start_, held_)));
  start_ += moved;
  held_ -= moved;
  if (held_ == 0) buffer_.reset();
  return moved;
}

}  // namespace postern::daemon
