// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/shrink.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace postern::differential {
namespace {

using oracle::HostsFile;

std::vector<std::string*> Texts(Question& question) {
  std::vector<std::string*> texts = {&question.world.allow.content, &question.world.deny.content};
  for (auto& [path, file] : question.world.pattern_files) texts.push_back(&file.content);
  oracle::HostsCaller& caller = question.caller;
  for (std::string* value : {&caller.daemon, &caller.user, &caller.client_name,
                             &caller.client_address, &caller.server_name, &caller.server_address}) {
    texts.push_back(value);
  }
  return texts;
}

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char byte : text) {
    if (byte == '\n') {
      escaped += "\\n";
    } else if (byte == '\\') {
      escaped += "\\\\";
    } else if (byte >= ' ' && byte <= '~') {
      escaped += byte;
    } else {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(byte) & 255);
      escaped += hex;
    }
  }
  return '"' + escaped + '"';
}

std::string Shown(const HostsFile& file) {
  switch (file.state) {
    case HostsFile::State::kFile:
      return Escaped(file.content);
    case HostsFile::State::kMissing:
      return "missing";
    case HostsFile::State::kDirectory:
      return "a directory";
    case HostsFile::State::kUnreadable:
      return "unreadable";
  }
  return "";
}

}  // namespace

Question Shrink(Question question, const std::function<bool(const Question&)>& still_wrong) {
  bool smaller = true;
  while (smaller) {
    smaller = false;
    // Large pieces first; one byte at a time at the end.
    for (std::size_t text = 0; text < Texts(question).size(); ++text) {
      for (std::size_t length = Texts(question)[text]->size(); length > 0; length /= 2) {
        for (std::size_t at = 0; at + length <= Texts(question)[text]->size();) {
          Question candidate = question;
          Texts(candidate)[text]->erase(at, length);
          if (still_wrong(candidate)) {
            question = std::move(candidate);
            smaller = true;
          } else {
            at += std::max<std::size_t>(1, length / 2);
          }
        }
      }
    }
  }
  return question;
}

std::string ToText(const Question& question) {
  const oracle::HostsCaller& caller = question.caller;
  std::string text = "  hosts.allow: " + Shown(question.world.allow) +
                     "\n  hosts.deny:  " + Shown(question.world.deny) + "\n";
  for (const auto& [path, file] : question.world.pattern_files) {
    text += "  " + path + ": " + Shown(file) + "\n";
  }
  for (const auto& [group, host] : question.world.netgroup_members) {
    text += "  netgroup " + group + ": " + Escaped(host) + "\n";
  }
  text += "  daemon " + Escaped(caller.daemon) + " user " + Escaped(caller.user) + "\n  client " +
          Escaped(caller.client_address) + " " + Escaped(caller.client_name) + "\n  server " +
          Escaped(caller.server_address) + " " + Escaped(caller.server_name) + " port " +
          (caller.server_port ? std::to_string(*caller.server_port) : "unknown") + "\n";
  return text;
}

}  // namespace postern::differential
