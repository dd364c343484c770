// SPDX-License-Identifier: BSD-2-Clause
// A relay that misbehaves as its one argument says, for the tests of posternd's side. It keeps the
// descriptors of a session that it has not answered.
//
//   ready     confines nothing, says it is ready, answers AskServe, and a tcpmux name's number
//   stops     says it is ready, answers nothing but AskStop
//   full      says it is ready, and of each AskSplice that it has no room
//   hasty     says it is ready, and of each AskSplice that it is over
//   liar      says it is ready, and answers AskProxy with an address of no family
//   crowded   says it is ready, and of each AskProxy that it has no room
//   forger    says it is ready, and answers AskProxy with a name that has a line feed
//   twice     says it is ready, and answers AskProxy two times with the same client
//   silent    says nothing at all
//   garbage   says something that is no frame
//   unasked   says it is ready, then that a session ended which nobody asked for
//   descriptor  says it is ready, then answers with a descriptor
//   exit      ends at once
#include <poll.h>

#include <array>
#include <cstring>
#include <map>
#include <string_view>

#include "daemon/protocol.h"
#include "sandbox/channel.h"

namespace postern::daemon {
namespace {

using sandbox::sys::UniqueFd;

template <typename Frame>
void Say(const UniqueFd& channel, const Frame& frame) {
  pollfd wait{channel.get(), POLLOUT, 0};  // posternd may be busy asking
  if (::poll(&wait, 1, -1) < 0) return;
  sandbox::sys::IgnoreError(sandbox::SendFrame(channel, AsFrame(frame), {}), "the test sees it");
}

void SayWithDescriptor(const UniqueFd& channel) {
  const int descriptor = 0;
  sandbox::sys::IgnoreError(
      sandbox::SendFrame(channel, AsFrame(AnswerBanner{}), std::span(&descriptor, 1)),
      "the test sees it");
}

void Done(const UniqueFd& channel, SessionId session, Outcome outcome = Outcome::kFinished) {
  AnswerDone done;
  done.header.session = session;
  done.outcome = outcome;
  Say(channel, done);
}

void AnswerAll(const UniqueFd& channel, std::string_view mode) {
  std::map<SessionId, sandbox::ReceivedFrame> kept;
  alignas(8) std::array<std::byte, kMaxFrame> buffer;
  for (;;) {
    pollfd wait{channel.get(), POLLIN, 0};
    if (::poll(&wait, 1, -1) < 0) return;
    auto received = sandbox::ReceiveFrame(channel, buffer);
    if (!received || received->length == 0) return;
    const auto frame = std::span(buffer).first(received->length);
    AskServe serve;
    AskMuxName name;
    AskStop stop;
    AskSplice splice;
    AskProxy proxy;
    if (mode == "ready" && ReadFrame(frame, serve)) {
      Done(channel, serve.header.session);
    } else if (mode == "ready" && ReadFrame(frame, name)) {
      Done(channel, name.index);
    } else if ((mode == "full" || mode == "hasty") && ReadFrame(frame, splice)) {
      Done(channel, splice.header.session,
           mode == "full" ? Outcome::kNoCapacity : Outcome::kFinished);
    } else if (mode == "crowded" && ReadFrame(frame, proxy)) {
      Done(channel, proxy.header.session, Outcome::kNoCapacity);
    } else if ((mode == "liar" || mode == "forger" || mode == "twice") && ReadFrame(frame, proxy)) {
      AnswerProxy answer;
      answer.header.session = proxy.header.session;
      answer.outcome = ProxyOutcome::kProxied;
      answer.source.is_v4 = mode == "liar" ? 1 : 0;  // its bytes are those of ::
      if (mode == "forger") answer.tlvs.authority.Set("a.test\nPATH=/tmp");
      for (int times = mode == "twice" ? 2 : 1; times > 0; --times) Say(channel, answer);
    } else if (mode == "stops" && ReadFrame(frame, stop)) {
      kept.erase(stop.header.session);
      Done(channel, stop.header.session, Outcome::kStopped);
    } else if (frame.size() >= sizeof(FrameHeader) && received->descriptor_count != 0) {
      FrameHeader header;
      std::memcpy(&header, frame.data(), sizeof header);
      kept.emplace(header.session, std::move(*received));
    }
  }
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  namespace daemon = postern::daemon;
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode == "exit") return 3;
  const postern::sandbox::sys::UniqueFd channel(daemon::kChannelDescriptor);
  if (mode == "garbage") daemon::Say(channel, std::array<char, 7>{});
  const bool ready = mode == "ready" || mode == "full" || mode == "hasty" || mode == "stops" ||
                     mode == "liar" || mode == "forger" || mode == "crowded" || mode == "twice" ||
                     mode == "unasked" || mode == "descriptor";
  if (ready) daemon::Say(channel, daemon::AnswerReady{});
  if (mode == "unasked") daemon::Done(channel, 99);
  if (mode == "descriptor") daemon::SayWithDescriptor(channel);
  daemon::AnswerAll(channel, mode);
  return 0;
}
