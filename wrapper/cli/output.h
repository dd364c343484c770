// SPDX-License-Identifier: BSD-2-Clause
// What a verb says: text on standard output in large pieces, complaints on standard error, and the
// exit status.
//
// Whatever comes from a file or a command line goes through policy::EscapeText() first, or into
// JSON, whose writer leaves nothing but printable ASCII; Complain() escapes by itself.
#pragma once

#include <string>
#include <string_view>

namespace postern::cli {

enum Exit : int {
  kClean = 0,     // allowed, clean, no difference
  kFindings = 1,  // denied, findings, differences
  kUnusable = 2,  // wrong usage, or input that cannot be used
};

class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();

  void Write(std::string_view text);
  void Line(std::string_view text);
  // Writes what is held back. False: standard output did not take everything.
  bool Flush();

 private:
  std::string held_;
  bool failed_ = false;
};

// "postern: TEXT" on standard error. Returns kUnusable, for `return Complain(…)`.
int Complain(std::string_view text);

}  // namespace postern::cli
