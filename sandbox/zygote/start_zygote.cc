// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/zygote/start_zygote.h"

#include <signal.h>

#include "sandbox/channel.h"
#include "sandbox/profile_codec.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/sealed_file.h"
#include "sandbox/zygote/protocol.h"

namespace postern::sandbox {
namespace {

sys::Status SendProfile(const sys::UniqueFd& channel, const Profile& profile,
                        const sys::UniqueFd& record) {
  TRY(const sys::UniqueFd file, sys::MakeSealedFile("postern-profile", EncodeProfile(profile)));
  const int handed_over[] = {file.get(), record.get()};
  return SendFrame(channel, AsFrame(AskProfile{}),
                   std::span(handed_over).first(profile.learning ? 2 : 1));
}

}  // namespace

sys::Result<Helper> StartZygote(const std::string& program, const Profile& profile,
                                const sys::UniqueFd& record) {
  // Without root's rights the zygote makes one for itself, in a user namespace.
  const bool gives_pids = profile.namespaces.pid && sys::IsRoot();
  const auto pids = gives_pids ? sys::PidView::kNewPids : sys::PidView::kOurs;
  // The service's id is for people who look at ps(1), and for `postern score`.
  TRY(Helper zygote, StartHelper({program, profile.service}, kExecPatience, pids));
  auto told = TellSenders(zygote.channel);
  if (told) told = SendProfile(zygote.channel, profile, record);
  if (!told) {
    EndZygote(zygote);
    return std::unexpected(told.error());
  }
  return zygote;
}

std::expected<std::string, std::string> AwaitSealed(const Helper& zygote,
                                                    const sys::Deadline& deadline) {
  alignas(8) std::byte buffer[kMaxZygoteFrame];
  const auto ready = sys::AwaitReadable(zygote.channel, deadline);
  if (!ready) return std::unexpected("its zygote does not get ready: " + ready.error().ToString());
  const auto received = ReceiveFrame(zygote.channel, buffer);
  if (!received) return std::unexpected("its zygote ended: " + received.error().ToString());
  const std::span<const std::byte> frame(buffer, received->length);
  AnswerReady sealed;
  AnswerRefused refused;
  if (ReadFrame(frame, sealed) && sealed.text.valid()) {
    return std::string(sealed.text.view());
  }
  if (ReadFrame(frame, refused) && refused.text.valid()) {
    return std::unexpected("the sandbox cannot be made: " + std::string(refused.text.view()));
  }
  return std::unexpected(received->length == 0 ? "its zygote ended"
                                               : "its zygote answered what was not asked");
}

void EndZygote(Helper& zygote) {
  sys::IgnoreError(sys::SignalPidfd(zygote.pidfd, SIGKILL), "it may be dead already");
  sys::IgnoreError(sys::AwaitPidfd(zygote.pidfd), "it cannot outlive SIGKILL");
  zygote = {};
}

}  // namespace postern::sandbox
