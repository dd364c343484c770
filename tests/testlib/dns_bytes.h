// SPDX-License-Identifier: BSD-2-Clause
// Messages of name servers, byte by byte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace postern::testlib {

class DnsBytes {
 public:
  static std::string Labels(std::initializer_list<std::string> labels) {
    std::string text;
    for (const std::string& label : labels) text += static_cast<char>(label.size()) + label;
    return text + '\0';
  }
  static std::string Name(std::string_view name) {
    std::string text;
    while (!name.empty()) {
      const std::string_view label = name.substr(0, name.find('.'));
      text += static_cast<char>(label.size());
      text += label;
      name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    return text + '\0';
  }
  static std::string Octets(std::initializer_list<int> octets) {
    std::string text;
    for (const int octet : octets) text += static_cast<char>(octet);
    return text;
  }
  static std::string Pointer(int target) { return Octets({0xc0 | target >> 8, target & 0xff}); }

  DnsBytes& Begin(std::string_view question, int type, int answers) {
    data_ = Octets({0x12, 0x34, 0x81, 0x80, 0, 1, 0, answers, 0, 0, 0, 0});
    data_ += Name(question) + Octets({0, type, 0, 1});
    return *this;
  }
  // `pointer` in the place of the owner's name, where it is given.
  DnsBytes& Record(std::string_view owner, int type, int lifetime, const std::string& data,
                   const std::string& pointer = {}) {
    data_ += pointer.empty() ? Name(owner) : pointer;
    data_ += Octets({0, type, 0, 1, 0, 0, lifetime >> 8, lifetime & 0xff});
    const auto length = static_cast<int>(data.size());
    data_ += Octets({length >> 8, length & 0xff}) + data;
    return *this;
  }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(data_)); }

 private:
  std::string data_;
};

}  // namespace postern::testlib
