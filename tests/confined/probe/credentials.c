// SPDX-License-Identifier: BSD-2-Clause
// Becoming somebody else or more than one is. For a service of root, "somebody else" is not root.
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static const uid_t kStranger = 12345;

static uid_t Other(void) { return getuid() == 0 ? kStranger : 0; }
static gid_t OtherGroup(void) { return getgid() == 0 ? kStranger : 0; }

static int Setuid(void) { return Outcome(setuid(Other())); }
static int Setresuid(void) { return Outcome(setresuid(Other(), Other(), Other())); }
static int Setreuid(void) { return Outcome(setreuid(Other(), Other())); }
static int SetEffectiveUid(void) { return Outcome(seteuid(Other())); }
// It reports no error: whether it worked shows in what the next call says was there before.
static int Setfsuid(void) {
  setfsuid(Other());
  return (uid_t)setfsuid(Other()) == Other() ? 0 : EPERM;
}
static int Setgid(void) { return Outcome(setgid(OtherGroup())); }
static int Setresgid(void) { return Outcome(setresgid(OtherGroup(), OtherGroup(), OtherGroup())); }
static int Setregid(void) { return Outcome(setregid(OtherGroup(), OtherGroup())); }
static int Setfsgid(void) {
  setfsgid(OtherGroup());
  return (gid_t)setfsgid(OtherGroup()) == OtherGroup() ? 0 : EPERM;
}
static int JoinGroup(void) {
  const gid_t group = OtherGroup();
  return Outcome(setgroups(1, &group));
}
// A group may stand for what its members must not do.
static int LeaveGroups(void) { return Outcome(setgroups(0, NULL)); }

struct Capabilities {
  struct __user_cap_header_struct head;
  struct __user_cap_data_struct sets[2];
};
static int ReadCapabilities(struct Capabilities* all) {
  memset(all, 0, sizeof *all);
  all->head.version = _LINUX_CAPABILITY_VERSION_3;
  return (int)syscall(SYS_capget, &all->head, all->sets);
}
// CAP_SYS_ADMIN, unless it is held already.
static int RaiseCapability(void) {
  struct Capabilities all;
  if (ReadCapabilities(&all) != 0) return errno;
  all.sets[0].permitted |= 1U << CAP_SYS_ADMIN;
  all.sets[0].effective |= 1U << CAP_SYS_ADMIN;
  return Outcome(syscall(SYS_capset, &all.head, all.sets));
}
static int RaiseInheritable(void) {
  struct Capabilities all;
  if (ReadCapabilities(&all) != 0) return errno;
  all.sets[0].inheritable |= 1U << CAP_NET_RAW;
  return Outcome(syscall(SYS_capset, &all.head, all.sets));
}
static int RaiseAmbient(void) {
  RaiseInheritable();
  return Outcome(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0));
}
static int ChangeBounding(void) { return Outcome(prctl(PR_CAPBSET_DROP, CAP_MAC_ADMIN, 0, 0, 0)); }
static int KeepCapabilities(void) { return Outcome(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); }
static int ChangeSecurebits(void) {
  const int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
  if (bits < 0) return errno;
  return Outcome(prctl(PR_SET_SECUREBITS, bits ^ SECBIT_NO_SETUID_FIXUP, 0, 0, 0));
}

static int Holds(unsigned capability) {
  struct Capabilities all;
  if (ReadCapabilities(&all) != 0) return errno;
  const unsigned set = all.sets[capability / 32].effective;
  return (set >> capability % 32 & 1) != 0 ? 0 : kNothing;
}
static int HoldsAdmin(void) { return Holds(CAP_SYS_ADMIN); }
static int HoldsModule(void) { return Holds(CAP_SYS_MODULE); }
static int HoldsRawio(void) { return Holds(CAP_SYS_RAWIO); }
static int HoldsPtrace(void) { return Holds(CAP_SYS_PTRACE); }
static int HoldsNetAdmin(void) { return Holds(CAP_NET_ADMIN); }
static int HoldsNetRaw(void) { return Holds(CAP_NET_RAW); }
static int HoldsSetpcap(void) { return Holds(CAP_SETPCAP); }
static int HoldsMknod(void) { return Holds(CAP_MKNOD); }
static int HoldsReadSearch(void) { return Holds(CAP_DAC_READ_SEARCH); }
static int HoldsBpf(void) { return Holds(CAP_BPF); }

static const struct Act kActs[] = {
    {"setuid", Setuid},
    {"setresuid", Setresuid},
    {"setreuid", Setreuid},
    {"seteuid", SetEffectiveUid},
    {"setfsuid", Setfsuid},
    {"setgid", Setgid},
    {"setresgid", Setresgid},
    {"setregid", Setregid},
    {"setfsgid", Setfsgid},
    {"join_group", JoinGroup},
    {"leave_groups", LeaveGroups},
    {"capset_sys_admin", RaiseCapability},
    {"capset_inheritable", RaiseInheritable},
    {"raise_ambient", RaiseAmbient},
    {"change_bounding_set", ChangeBounding},
    {"keep_capabilities", KeepCapabilities},
    {"change_securebits", ChangeSecurebits},
    {"hold_sys_admin", HoldsAdmin},
    {"hold_sys_module", HoldsModule},
    {"hold_sys_rawio", HoldsRawio},
    {"hold_sys_ptrace", HoldsPtrace},
    {"hold_net_admin", HoldsNetAdmin},
    {"hold_net_raw", HoldsNetRaw},
    {"hold_setpcap", HoldsSetpcap},
    {"hold_mknod", HoldsMknod},
    {"hold_dac_read_search", HoldsReadSearch},
    {"hold_bpf", HoldsBpf},
};
const struct Theme kCredentials = THEME("credentials", kActs);
