// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/client_bio.h"

#include <memory>
#include <utility>

#include "daemon/free_by.h"
#include "sandbox/sys/payload.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// A handshake's messages fit, and a full record, which is not worth a copy, does not.
constexpr std::size_t kRoom = 4096;

ClientBio& Of(BIO* bio) { return *static_cast<ClientBio*>(BIO_get_data(bio)); }

}  // namespace

const BIO_METHOD* ClientBio::Method() {
  using Made = std::unique_ptr<BIO_METHOD, FreeBy<BIO_meth_free>>;
  static const Made kMethod = [] {
    Made made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "client"));
    const bool good = made && BIO_meth_set_read_ex(made.get(), &OnRead) == 1 &&
                      BIO_meth_set_write_ex(made.get(), &OnWrite) == 1 &&
                      BIO_meth_set_ctrl(made.get(), &OnControl) == 1;
    return good ? std::move(made) : nullptr;
  }();
  return kMethod.get();
}

BIO* ClientBio::Open() {
  const BIO_METHOD* const method = Method();
  BIO* const bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

int ClientBio::OnRead(BIO* bio, char* buffer, std::size_t room, std::size_t* done) {
  return Of(bio).Read(bio, std::as_writable_bytes(std::span(buffer, room)), done);
}

int ClientBio::OnWrite(BIO* bio, const char* bytes, std::size_t length, std::size_t* done) {
  return Of(bio).Write(bio, std::as_bytes(std::span(bytes, length)), done);
}

// A flush has nothing to do: what is to go out, and when, its owner knows.
long ClientBio::OnControl(BIO* bio, int command, long /*number*/, void* /*argument*/) {
  if (command == BIO_CTRL_EOF) return Of(bio).ended_ ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int ClientBio::Read(BIO* bio, std::span<std::byte> buffer, std::size_t* done) {
  BIO_clear_retry_flags(bio);
  if (drained_ || reads_left_-- <= 0) {
    cut_short_ = !drained_;
    BIO_set_retry_read(bio);
    return 0;
  }
  const auto count = sys::ReceiveSome(socket_, buffer);
  drained_ = count && *count != 0 && *count < buffer.size();
  if (!count) {
    if (sys::IsMomentary(count.error())) BIO_set_retry_read(bio);
    return 0;
  }
  ended_ = *count == 0;
  *done = *count;
  return ended_ ? 0 : 1;
}

int ClientBio::Write(BIO* bio, std::span<const std::byte> bytes, std::size_t* done) {
  BIO_clear_retry_flags(bio);
  if (held_.size() + bytes.size() > kRoom) {
    const Sent sent = Flush(/*more=*/true);
    if (sent == Sent::kSome) BIO_set_retry_write(bio);
    if (sent != Sent::kAll) return 0;
  }
  if (bytes.size() <= kRoom) {
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    *done = bytes.size();
    return 1;
  }
  const auto count = sys::SendSome(socket_, bytes, /*more=*/true);
  if (count) {
    *done = *count;
    corked_ = true;
  } else if (sys::IsMomentary(count.error())) {
    BIO_set_retry_write(bio);
  }
  return count ? 1 : 0;
}

ClientBio::Sent ClientBio::Flush(bool more) {
  withheld_ = 0;
  if (held_.empty()) {
    // Setting it, though it is set, sends what the kernel has kept back (tcp(7)).
    if (!more && std::exchange(corked_, false)) {
      sys::IgnoreError(sys::SetNoDelay(socket_, true), "a unix socket keeps nothing");
    }
    return Sent::kAll;
  }
  const auto count = sys::SendSome(socket_, held_, more);
  if (!count) return sys::IsMomentary(count.error()) ? Sent::kSome : Sent::kPeerGone;
  corked_ = more;
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(*count));
  return held_.empty() ? Sent::kAll : Sent::kSome;
}

}  // namespace postern::daemon
