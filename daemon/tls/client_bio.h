// SPDX-License-Identifier: BSD-2-Clause
// A client's socket as OpenSSL reads and writes it (BIO_meth_new(3)).
//
// OpenSSL's own BIO would make a system call for each record; this one makes one for each turn.
// What is written waits until Flush(), so that it goes out together. What is read is read until the
// socket gave less than was asked for: then it is empty, and epoll(7) says when it is not.
//
// OpenSSL reads on while records come that are of no use to its caller: key updates, pieces of a
// message. A client that sends nothing else would never let it return, so it is let read only so
// often.
#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class ClientBio {
 public:
  // `socket` must outlive this, and this the BIO.
  explicit ClientBio(const sandbox::sys::UniqueFd& socket) : socket_(socket) {}
  ClientBio(const ClientBio&) = delete;
  ClientBio& operator=(const ClientBio&) = delete;

  // Null when there is no memory; whoever takes it frees it.
  BIO* Open();

  // The socket may have something to read again.
  void Refill() { drained_ = false; }
  // Lets OpenSSL read so often until it returns, whatever there is.
  void LetRead() { reads_left_ = 2, cut_short_ = false; }
  // Whether it would have read on, and no event will say that there is more.
  bool cut_short() const { return cut_short_; }

  std::size_t held() const { return held_.size(); }
  // What is held now waits for something to go with it, or for Flush().
  void Withhold() { withheld_ = held_.size(); }
  // Whether Flush() has something to do that does not wait.
  bool due() const { return corked_ || held_.size() > withheld_; }
  enum class Sent : std::uint8_t { kAll, kSome, kPeerGone };
  // `more`: something or the end of the stream follows at once, for the same segment.
  Sent Flush(bool more = false);

 private:
  static int OnRead(BIO* bio, char* buffer, std::size_t room, std::size_t* done);
  static int OnWrite(BIO* bio, const char* bytes, std::size_t length, std::size_t* done);
  static long OnControl(BIO* bio, int command, long number, void* argument);
  static const BIO_METHOD* Method();
  int Read(BIO* bio, std::span<std::byte> buffer, std::size_t* done);
  int Write(BIO* bio, std::span<const std::byte> bytes, std::size_t* done);

  const sandbox::sys::UniqueFd& socket_;
  std::vector<std::byte> held_;
  std::size_t withheld_ = 0;  // so much of it, from its beginning
  bool drained_ = false, ended_ = false, cut_short_ = false;
  bool corked_ = false;  // the kernel was told that more follows
  int reads_left_ = 0;
};

}  // namespace postern::daemon
