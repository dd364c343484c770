// SPDX-License-Identifier: BSD-2-Clause
// A postern-lookup that misbehaves as its one argument says, for the tests of posternd's side.
//
//   ready    says it is ready, and of each address that it has no name, of each user that it is bob
//   mute     says it is ready, and answers nothing
//   twice    answers each question twice
//   swapped  answers each question about a name with a user
//   dirty    has a line end in each answer
//   exit     ends at the first question
#include <poll.h>

#include <string_view>

#include "daemon/lookup_protocol.h"
#include "sandbox/channel.h"

namespace postern::daemon {
namespace {

using sandbox::sys::UniqueFd;

template <typename Frame>
void Say(const UniqueFd& channel, const Frame& frame) {
  pollfd wait{channel.get(), POLLOUT, 0};
  if (::poll(&wait, 1, -1) < 0) return;
  sandbox::sys::IgnoreError(sandbox::SendFrame(channel, AsFrame(frame), {}), "the test sees it");
}

void AnswerTo(const UniqueFd& channel, SessionId question, bool is_name, std::string_view mode) {
  AnswerName name;
  name.header.session = question;
  name.outcome = WireName::kNone;
  AnswerUser user;
  user.header.session = question;
  user.outcome = WireUser::kUser;
  user.text = {'b', 'o', 'b', mode == "dirty" ? '\n' : '\0'};
  user.text_length = mode == "dirty" ? 4 : 3;
  for (int i = 0; i < (mode == "twice" ? 2 : 1); ++i) {
    is_name == (mode != "swapped") ? Say(channel, name) : Say(channel, user);
  }
}

int Run(const UniqueFd& channel, std::string_view mode) {
  Say(channel, AnswerReady{});
  alignas(8) std::byte buffer[kMaxFrame];
  for (;;) {
    pollfd wait{channel.get(), POLLIN, 0};
    if (::poll(&wait, 1, -1) < 0) return 1;
    const auto received = sandbox::ReceiveFrame(channel, buffer);
    if (!received || received->length == 0) return 0;
    const auto frame = std::span(buffer).first(received->length);
    AskName name;
    AskUser user;
    const bool is_name = ReadFrame(frame, name);
    if (!is_name && !ReadFrame(frame, user)) continue;
    if (mode == "exit") return 3;
    if (mode == "mute") continue;
    AnswerTo(channel, is_name ? name.header.session : user.header.session, is_name, mode);
  }
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  namespace daemon = postern::daemon;
  const postern::sandbox::sys::UniqueFd channel(daemon::kChannelDescriptor);
  return daemon::Run(channel, argc == 2 ? argv[1] : "");
}
