// SPDX-License-Identifier: BSD-2-Clause
// A policy for tests of the postern command, from texts, and questions to it in short.
#pragma once

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "tests/testlib/fake_system.h"
#include "wrapper/cli/decide.h"

namespace postern::cli {

struct Texts {
  std::string allow, deny, xinetd, inetd;
};

class CliPolicy {
 public:
  explicit CliPolicy(const Texts& texts) {
    system_.files = {{"p/hosts.allow", texts.allow},
                     {"p/hosts.deny", texts.deny},
                     {"p/xinetd.conf", texts.xinetd},
                     {"p/inetd.conf", texts.inetd}};
    for (const char* path : {"/c", "/k", "/ca"}) {
      system_.facts[path] = {.kind = policy::SystemView::FileFacts::Kind::kRegular, .mode = 0600};
    }
    files_ = wrapper::ReadPolicy(wrapper::PathsIn("p"), wrapper::Purpose::kDecisions, system_);
    REQUIRE(files_.problems.empty());
  }

  const wrapper::PolicyFiles& files() const { return files_; }
  const policy::FakeSystem& system() const { return system_; }

 private:
  policy::FakeSystem system_;
  wrapper::PolicyFiles files_;
};

inline Question Ask(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  Question question;
  for (const auto& [key, value] : fields) {
    const auto set = SetField(question, key, value);
    REQUIRE(set);
  }
  return question;
}

}  // namespace postern::cli
