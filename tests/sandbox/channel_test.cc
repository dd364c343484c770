// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

struct Channel {
  ChannelPair pair = std::move(MakeChannel().value());
  std::array<std::byte, 8> buffer{};

  sys::Result<ReceivedFrame> Receive() { return ReceiveFrame(pair.theirs, buffer); }
};

// As SendFrame would, with more descriptors than it lets pass.
void SendMany(const sys::UniqueFd& channel, const std::vector<int>& descriptors) {
  char byte = 'x';
  iovec part{&byte, 1};
  std::vector<char> control(CMSG_SPACE(sizeof(int) * descriptors.size()));
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* item = CMSG_FIRSTHDR(&message);
  item->cmsg_level = SOL_SOCKET;
  item->cmsg_type = SCM_RIGHTS;
  item->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
  std::memcpy(CMSG_DATA(item), descriptors.data(), sizeof(int) * descriptors.size());
  REQUIRE(::sendmsg(channel.get(), &message, MSG_DONTWAIT) == 1);
}

TEST_CASE_METHOD(Channel, "Both ends are nonblocking and not passed on") {
  for (const auto* end : {&pair.ours, &pair.theirs}) {
    CHECK(::fcntl(end->get(), F_GETFD) == FD_CLOEXEC);
    CHECK((::fcntl(end->get(), F_GETFL) & O_NONBLOCK) != 0);
  }
  CHECK(Receive().error().number == EAGAIN);
}

TEST_CASE_METHOD(Channel, "Frames keep their bounds and their order, both ways") {
  REQUIRE(SendFrame(pair.ours, Bytes("one"), {}));
  REQUIRE(SendFrame(pair.ours, Bytes("fourfour"), {}));
  CHECK(Receive().value().length == 3);
  CHECK(std::memcmp(buffer.data(), "one", 3) == 0);
  CHECK(Receive().value().length == 8);
  CHECK(Receive().error().number == EAGAIN);
  REQUIRE(SendFrame(pair.theirs, Bytes("back"), {}));
  const auto back = ReceiveFrame(pair.ours, buffer);
  CHECK(back->length == 4);
  CHECK(back->descriptor_count == 0);
}

TEST_CASE_METHOD(Channel, "Descriptors arrive in order, as numbers of their own") {
  auto first = sys::MakePipe(true);
  const auto second = sys::MakePipe(true);
  const int sent[] = {first->write_end.get(), second->write_end.get()};
  REQUIRE(SendFrame(pair.ours, Bytes("x"), sent));
  const auto received = Receive();
  REQUIRE(received);
  REQUIRE(received->descriptor_count == 2);
  CHECK(::fcntl(received->descriptors[0].get(), F_GETFD) == FD_CLOEXEC);
  CHECK(received->descriptors[0].get() != first->write_end.get());
  first->write_end.Reset();
  REQUIRE(sys::WriteAll(received->descriptors[0], "1"));
  REQUIRE(sys::WriteAll(received->descriptors[1], "22"));
  char byte = 0;
  CHECK(::read(first->read_end.get(), &byte, 1) == 1);
  CHECK(byte == '1');
}

TEST_CASE_METHOD(Channel, "As many descriptors as are allowed pass, one more is not sent") {
  const std::vector<int> four(kMaxDescriptors, 0);
  REQUIRE(SendFrame(pair.ours, Bytes("x"), four));
  CHECK(Receive().value().descriptor_count == kMaxDescriptors);
  const std::vector<int> five(kMaxDescriptors + 1, 0);
  CHECK(SendFrame(pair.ours, Bytes("x"), five).error().number == EINVAL);
  CHECK(Receive().error().number == EAGAIN);
}

TEST_CASE_METHOD(Channel, "A frame longer than the buffer is garbage and its descriptor closed") {
  const auto before = testlib::OpenDescriptors();
  const int sent[] = {0};
  REQUIRE(SendFrame(pair.ours, Bytes("ninebytes"), sent));
  CHECK(Receive().error().number == EBADMSG);
  CHECK(testlib::OpenDescriptors() == before);
  REQUIRE(SendFrame(pair.ours, Bytes("next"), {}));
  CHECK(Receive().value().length == 4);
}

TEST_CASE_METHOD(Channel, "A frame with too many descriptors is garbage and they are closed") {
  const auto before = testlib::OpenDescriptors();
  for (const std::size_t count : {kMaxDescriptors + 1, std::size_t{100}}) {
    SendMany(pair.ours, std::vector<int>(count, 0));
    CHECK(Receive().error().number == EBADMSG);
    CHECK(testlib::OpenDescriptors() == before);
  }
}

TEST_CASE_METHOD(Channel, "Descriptors nobody takes are closed with the frame") {
  const auto before = testlib::OpenDescriptors();
  const int sent[] = {0, 1, 2};
  REQUIRE(SendFrame(pair.ours, Bytes("x"), sent));
  {
    const auto received = Receive();
    CHECK(testlib::OpenDescriptors().size() == before.size() + 3);
  }
  CHECK(testlib::OpenDescriptors() == before);
}

TEST_CASE_METHOD(Channel, "The kernel says who sent a frame, once it was asked to") {
  REQUIRE(SendFrame(pair.ours, Bytes("x"), {}));
  CHECK(Receive().value().sender == 0);
  REQUIRE(TellSenders(pair.theirs));
  const int sent[] = {0, 1, 2, 0};
  REQUIRE(SendFrame(pair.ours, Bytes("x"), sent));
  const auto received = Receive();
  REQUIRE(received);
  CHECK(received->sender == ::getpid());
  CHECK(received->descriptor_count == kMaxDescriptors);
}

TEST_CASE_METHOD(Channel, "An end that is gone reads as length zero and is not written to") {
  pair.ours.Reset();
  CHECK(Receive().value().length == 0);
  CHECK(SendFrame(pair.theirs, Bytes("x"), {}).error().number == EPIPE);
}

TEST_CASE_METHOD(Channel, "What was sent by an end that is gone arrives, whatever it left unread") {
  REQUIRE(SendFrame(pair.theirs, Bytes("unread"), {}));
  const int sent = 1;
  REQUIRE(SendFrame(pair.ours, Bytes("last"), std::span(&sent, 1)));
  pair.ours.Reset();
  const auto received = Receive();
  REQUIRE(received);
  CHECK(received->length == 4);
  CHECK(received->descriptor_count == 1);
  CHECK(Receive().value().length == 0);
}

TEST_CASE_METHOD(Channel, "A side that does not keep up is told, not waited for") {
  sys::Status sent;
  for (int i = 0; i < 100'000 && sent; ++i) sent = SendFrame(pair.ours, Bytes("frame"), {});
  REQUIRE_FALSE(sent);
  CHECK(sent.error().number == EAGAIN);
}

}  // namespace
}  // namespace postern::sandbox
