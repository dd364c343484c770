// SPDX-License-Identifier: BSD-2-Clause
// What the tests of redirect and splice share: both carry bytes between a client and a backend.
#pragma once

#include <string>
#include <thread>

#include "tests/daemon/relay_fixture.h"

namespace postern::daemon {

// The test's ends of a session that the relay has.
struct Ends {
  UniqueFd client, backend;
};

// So many bytes each way at once, and what the relay then says of them.
inline void ExchangeBothWays(RelayUnderTest& relay, const Ends& ends, std::size_t size) {
  const std::string there = Pattern(size, 11), back = Pattern(size, 12);
  const auto send = [](const UniqueFd& end, const std::string& bytes) {
    Write(end, bytes);
    EndWriting(end);
  };
  std::thread client_writer([&] { send(ends.client, there); });
  std::thread backend_writer([&] { send(ends.backend, back); });
  std::string arrived;
  std::thread backend_reader([&] { arrived = ReadToEnd(ends.backend); });
  const std::string returned = ReadToEnd(ends.client);
  client_writer.join();
  backend_writer.join();
  backend_reader.join();
  CHECK((arrived == there));
  CHECK((returned == back));
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kFinished);
  CHECK(done.bytes_in == size);
  CHECK(done.bytes_out == size);
}

// The backend answers when the client has ended its sending.
inline void AnswerAfterHalfClose(RelayUnderTest& relay, Ends ends) {
  Write(ends.client, "request");
  EndWriting(ends.client);
  CHECK(ReadToEnd(ends.backend) == "request");
  Write(ends.backend, "a late reply");
  ends.backend.Reset();
  CHECK(ReadToEnd(ends.client) == "a late reply");
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kFinished);
}

// A client that resets ends the session, and with it the backend's connection.
inline void EndByReset(RelayUnderTest& relay, Ends ends) {
  CHECK(Passes(ends.client, "x", ends.backend));
  Reset(ends.client);
  CHECK(ReadToEnd(ends.backend).empty());
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kClientGone);
}

// The same while the backend does not read.
inline void EndByResetUnread(RelayUnderTest& relay, Ends ends) {
  FillUp(ends.client);
  Reset(ends.client);
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kClientGone);
}

inline void WriteUrgent(const UniqueFd& fd, char byte) {
  REQUIRE(::send(fd.get(), &byte, 1, MSG_OOB | MSG_NOSIGNAL) == 1);
}

// Urgent bytes (tcp(7), "Urgent data") are left out, as by whoever reads without MSG_OOB; what
// follows them arrives, soon and for nothing, and so does what comes with the end.
inline void PassUrgentData(RelayUnderTest& relay, const UniqueFd& from, const UniqueFd& to) {
  CHECK(Passes(from, "one", to));
  WriteUrgent(from, '!');
  CHECK(Passes(from, "two", to));
  WriteUrgent(from, '!');
  CHECK(ProcessorTimeWhileIdle() < std::chrono::milliseconds(100));
  CHECK_FALSE(relay.Answers(0));
  CHECK(Passes(from, "three", to));
  WriteUrgent(from, '!');
  Write(from, "four");
  EndWriting(from);
  CHECK(ReadToEnd(to) == "four");
}

}  // namespace postern::daemon
