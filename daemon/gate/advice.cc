// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/gate/advice.h"

#include <algorithm>

#include "sandbox/sys/process.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

bool Append(GateAdviceFrame& frame, const std::string& word) {
  if (word.size() >= frame.words.size() - frame.length) return false;
  word.copy(frame.words.data() + frame.length, word.size());
  frame.length += static_cast<std::uint32_t>(word.size()) + 1;
  return true;
}

}  // namespace

ProcessState ReadProcessState() {
  return {sys::OwnEnvironment(), sys::OwnUmask(), sys::OwnPriority(), sys::OwnUid(), sys::OwnGid()};
}

std::expected<GateAdviceFrame, std::string> Advice(const ProcessState& before,
                                                   const ProcessState& after,
                                                   const std::optional<std::string>& twist) {
  if (before.uid != after.uid || before.gid != after.gid) {
    return std::unexpected("the option user cannot change who a confined service runs as");
  }
  GateAdviceFrame frame;
  frame.has_umask = before.umask != after.umask ? 1 : 0;
  frame.umask = after.umask;
  frame.has_priority = before.priority != after.priority ? 1 : 0;
  frame.priority = after.priority;
  bool fits = true;
  for (const std::string& word : after.environment) {
    const auto& known = before.environment;
    if (std::ranges::find(known, word) == known.end()) fits = fits && Append(frame, word);
  }
  frame.twist = twist ? 1 : 0;
  if (twist) fits = fits && Append(frame, *twist);
  if (!fits) return std::unexpected("the options of the rule say more than can be passed on");
  return frame;
}

}  // namespace postern::daemon
