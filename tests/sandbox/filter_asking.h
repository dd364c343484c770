// SPDX-License-Identifier: BSD-2-Clause
// A filter, asked in words: what does it answer to ioctl(0, TIOCSTI)?
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/filter.h"

namespace postern::sandbox::filter {

using Arguments = std::array<std::uint64_t, 6>;
using Values = std::initializer_list<std::uint64_t>;

class Asked {
 public:
  explicit Asked(const FilterRequest& request) {
    auto program = BuildFilter(request);
    INFO((program ? std::string() : program.error().ToString()));
    REQUIRE(program);
    program_ = *std::move(program);
  }

  // "allow", "kill", "errno 1", …
  std::string operator()(std::string_view call, const Arguments& arguments = {}) const {
    const auto number = NumberOf(call);
    INFO(call);
    REQUIRE(number);
    return Number(*number, arguments);
  }

  std::string Number(std::uint32_t number, const Arguments& arguments = {},
                     std::uint32_t architecture = kArchitecture) const {
    const auto action = Evaluate(program_, {number, architecture, 0x7f0000001000, arguments});
    REQUIRE(action);
    return ActionText(*action);
  }

  const FilterProgram& program() const { return program_; }

 private:
  FilterProgram program_;
};

inline std::string Errno(int number) { return "errno " + std::to_string(number); }

}  // namespace postern::sandbox::filter
