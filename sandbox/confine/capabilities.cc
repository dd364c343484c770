// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/capabilities.h"

#include <cap-ng.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace postern::sandbox {
namespace {

constexpr int kMaskBits = 64;

constexpr unsigned kLockedBits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                 SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

}  // namespace

std::optional<CapabilityMask> CapabilityNamed(std::string_view name) {
  const int number = ::capng_name_to_capability(std::string(name).c_str());
  if (number < 0 || number >= kMaskBits) return std::nullopt;
  return Capability(number);
}

std::string CapabilityNames(CapabilityMask mask) {
  std::string names;
  for (int number = 0; number < kMaskBits; ++number) {
    if ((mask & Capability(number)) == 0) continue;
    const char* name = ::capng_capability_to_name(static_cast<unsigned>(number));
    if (!names.empty()) names += ' ';
    names += name != nullptr ? std::string(name) : std::to_string(number);
  }
  return names;
}

sys::Result<CapabilityMask> ReadPermitted() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return sys::LastError("capget");
  return CapabilityMask{data[0].permitted} | CapabilityMask{data[1].permitted} << 32;
}

sys::Status LimitBounding(CapabilityMask keep) {
  for (int number = 0; number < kMaskBits; ++number) {
    const auto bit = static_cast<unsigned long>(number);
    const int present = ::prctl(PR_CAPBSET_READ, bit, 0, 0, 0);
    if (present < 0 && errno == EINVAL) return {};  // beyond the last one
    if (present < 0) return sys::LastError("prctl", "PR_CAPBSET_READ");
    if (present == 0 || (keep & Capability(number)) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, bit, 0, 0, 0) != 0) {
      return sys::LastError("prctl", "PR_CAPBSET_DROP");
    }
  }
  return {};
}

sys::Status SetCapabilities(CapabilityMask permitted, CapabilityMask effective,
                            CapabilityMask inheritable) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  for (int word = 0; word < _LINUX_CAPABILITY_U32S_3; ++word) {
    data[word].permitted = static_cast<std::uint32_t>(permitted >> (32 * word));
    data[word].effective = static_cast<std::uint32_t>(effective >> (32 * word));
    data[word].inheritable = static_cast<std::uint32_t>(inheritable >> (32 * word));
  }
  if (::syscall(SYS_capset, &header, data) != 0) return sys::LastError("capset");
  return {};
}

sys::Status SetAmbient(CapabilityMask mask) {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    return sys::LastError("prctl", "PR_CAP_AMBIENT_CLEAR_ALL");
  }
  for (int number = 0; number < kMaskBits; ++number) {
    if ((mask & Capability(number)) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) != 0) {
      return sys::LastError("prctl", "PR_CAP_AMBIENT_RAISE " + CapabilityNames(Capability(number)));
    }
  }
  return {};
}

sys::Status LockSecureBits() {
  if (::prctl(PR_SET_SECUREBITS, kLockedBits, 0, 0, 0) != 0) {
    return sys::LastError("prctl", "PR_SET_SECUREBITS");
  }
  return {};
}

sys::Result<unsigned> ReadSecureBits() {
  const int bits = ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
  if (bits < 0) return sys::LastError("prctl", "PR_GET_SECUREBITS");
  return static_cast<unsigned>(bits);
}

unsigned LockedSecureBits() { return kLockedBits; }

}  // namespace postern::sandbox
