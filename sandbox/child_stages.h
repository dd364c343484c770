// SPDX-License-Identifier: BSD-2-Clause
// What children that share their parent's memory read on their way to execve: as many stages as
// there are such children at once, each used again when its child has left.
#pragma once

#include <memory>
#include <vector>

namespace postern::sandbox {

// A stage is made with new, and its member `stack` is a ChildStack (child_stack.h).
template <typename Stage>
class ChildStages {
 public:
  ChildStages() = default;
  // What a child still uses stays: it may be on its way when its parent ends.
  ~ChildStages() {
    for (auto& stage : stages_) {
      if (!stage->stack.free()) static_cast<void>(stage.release());
    }
  }
  ChildStages(const ChildStages&) = delete;
  ChildStages& operator=(const ChildStages&) = delete;

  // Null without memory.
  Stage* Free() {
    for (const auto& stage : stages_) {
      if (stage->stack.free()) return stage.get();
    }
    auto stage = std::make_unique<Stage>();
    if (!stage->stack.usable()) return nullptr;
    stages_.push_back(std::move(stage));
    return stages_.back().get();
  }

 private:
  std::vector<std::unique_ptr<Stage>> stages_;
};

}  // namespace postern::sandbox
