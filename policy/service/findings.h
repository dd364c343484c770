// SPDX-License-Identifier: BSD-2-Clause
// The diagnostics of one service, or of `defaults`, while it is read and checked.
//
// failed() can only become true: nothing that follows an error makes a service well again. The
// number of findings kept is bounded, so that a hostile file cannot fill the memory.
#pragma once

#include <string>
#include <utility>

#include "policy/base/diagnostic.h"
#include "policy/service/conf_document.h"

namespace postern::policy {

class Findings {
 public:
  static constexpr std::size_t kMost = 50;

  void Add(Diagnostic diagnostic) {
    if (diagnostic.severity == Severity::kError) failed_ = true;
    if (list_.size() < kMost) list_.push_back(std::move(diagnostic));
  }
  void Error(std::string code, const Place& place, std::string message, std::string fix = {}) {
    Add(MakeDiagnostic(Severity::kError, std::move(code), place, std::move(message),
                       std::move(fix)));
  }
  void Warn(std::string code, const Place& place, std::string message, std::string fix = {}) {
    Add(MakeDiagnostic(Severity::kWarning, std::move(code), place, std::move(message),
                       std::move(fix)));
  }
  void Note(std::string code, const Place& place, std::string message) {
    Add(MakeDiagnostic(Severity::kNote, std::move(code), place, std::move(message)));
  }

  bool failed() const { return failed_; }
  const Diagnostics& list() const { return list_; }
  Diagnostics Take() { return std::exchange(list_, {}); }

 private:
  Diagnostics list_;
  bool failed_ = false;
};

}  // namespace postern::policy
