// SPDX-License-Identifier: BSD-2-Clause
// Changing the tree of mounts, and what else only the owner of the machine does to file systems.
// Where it can, an act names what is no mount point: EINVAL is the answer to who may mount.
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

// <sys/mount.h> and <linux/mount.h> exclude each other.
int mount(const char* source, const char* target, const char* type, unsigned long flags,
          const void* data);
int umount2(const char* target, int flags);

static const char* Work(void) { return Given("work") == NULL ? "/tmp" : Given("work"); }

static int MountOn(const char* source, const char* type, unsigned long flags) {
  const char* path = WorkPath("mount");
  if (mkdir(path, 0700) != 0) return kBroken;
  const int outcome = Outcome(mount(source, path, type, flags, NULL));
  if (outcome == 0) umount2(path, 2 /* MNT_DETACH */);
  rmdir(path);
  return outcome;
}
static int MountTmpfs(void) { return MountOn("tmpfs", "tmpfs", 0); }
static int MountProc(void) { return MountOn("proc", "proc", 0); }
static int MountSysfs(void) { return MountOn("sysfs", "sysfs", 0); }
static int MountCgroup(void) { return MountOn("cgroup2", "cgroup2", 0); }
static int MountBind(void) { return MountOn("/etc", NULL, MS_BIND); }

// With the flags it has, less "read-only".
static int RemountRoot(void) {
  struct statvfs facts;
  if (statvfs("/", &facts) != 0) return kBroken;
  unsigned long flags = MS_REMOUNT | MS_BIND;
  if ((facts.f_flag & ST_NOSUID) != 0) flags |= MS_NOSUID;
  if ((facts.f_flag & ST_NODEV) != 0) flags |= MS_NODEV;
  if ((facts.f_flag & ST_RELATIME) != 0) flags |= MS_RELATIME;
  return Permitted(mount(NULL, "/", NULL, flags, NULL), EINVAL);
}
static int RemountUsr(void) {
  return Permitted(mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL), EINVAL);
}
static int ShareMounts(void) {
  return Permitted(mount(NULL, Work(), NULL, MS_PRIVATE, NULL), EINVAL);
}
static int Unmount(void) { return Permitted(umount2(Work(), 0), EINVAL); }
static int PivotRoot(void) { return PermittedBy(syscall(SYS_pivot_root, "/", "/"), EBUSY, EINVAL); }
static int Chroot(void) { return Outcome(chroot(Work())); }
// With two roots, one can climb above the outer.
static int EscapeByChroot(void) {
  const char* path = WorkPath("jail");
  if (mkdir(path, 0700) != 0) return kBroken;
  const int outcome = Outcome(chroot(path));
  if (outcome != 0) {
    rmdir(path);
    return outcome;
  }
  for (int i = 0; i < 32; ++i) {
    if (chdir("..") != 0) return errno;
  }
  chroot(".");
  const int seen = OpenOutcome("/etc/shadow", O_RDONLY);
  rmdir(path);
  return seen;
}

static int OpenTree(void) {
  return Outcome(syscall(SYS_open_tree, AT_FDCWD, Work(), 1U /* OPEN_TREE_CLONE */));
}
static int MoveMount(void) {
  return Permitted(
      syscall(SYS_move_mount, -1, "", AT_FDCWD, Work(), 4U /* MOVE_MOUNT_F_EMPTY_PATH */), EBADF);
}
static int Fsopen(void) { return Outcome(syscall(SYS_fsopen, "tmpfs", 0)); }
static int Fsconfig(void) {
  return PermittedBy(syscall(SYS_fsconfig, -1, 0, 0, 0, 0), EBADF, EINVAL);
}
static int Fsmount(void) { return Permitted(syscall(SYS_fsmount, -1, 0, 0), EBADF); }
static int Fspick(void) { return Permitted(syscall(SYS_fspick, AT_FDCWD, Work(), 0), EINVAL); }
static int MountSetattr(void) {
  struct {
    unsigned long long set, clear, propagation, user_namespace;
  } attributes = {1 /* read-only */, 0, 0, 0};
  return Permitted(syscall(SYS_mount_setattr, AT_FDCWD, Work(), 0, &attributes, sizeof attributes),
                   EINVAL);
}

static int Swapon(void) { return Permitted(swapon("/nonexistent/probe", 0), ENOENT); }
static int Swapoff(void) { return Permitted(swapoff("/nonexistent/probe"), ENOENT); }
static int Acct(void) { return Permitted(acct("/nonexistent/probe"), ENOENT); }
// Q_SYNC (0x800001) of user quotas.
static int Quotactl(void) { return Outcome(syscall(SYS_quotactl, 0x800001U << 8, NULL, 0, NULL)); }
static int SetHostName(void) {
  char name[256];
  if (gethostname(name, sizeof name) != 0) return kBroken;
  return Outcome(sethostname(name, strlen(name)));
}
static int SetDomainName(void) {
  char name[256];
  if (getdomainname(name, sizeof name) != 0) return kBroken;
  return Outcome(setdomainname(name, strlen(name)));
}
static int Vhangup(void) { return Outcome(syscall(SYS_vhangup)); }

static const struct Act kActs[] = {
    {"mount_tmpfs", MountTmpfs},
    {"mount_proc", MountProc},
    {"mount_sysfs", MountSysfs},
    {"mount_cgroup2", MountCgroup},
    {"mount_bind", MountBind},
    {"remount_root_writable", RemountRoot},
    {"remount_usr_writable", RemountUsr},
    {"change_propagation", ShareMounts},
    {"umount", Unmount},
    {"pivot_root", PivotRoot},
    {"chroot", Chroot},
    {"escape_by_chroot", EscapeByChroot},
    {"open_tree", OpenTree},
    {"move_mount", MoveMount},
    {"fsopen", Fsopen},
    {"fsconfig", Fsconfig},
    {"fsmount", Fsmount},
    {"fspick", Fspick},
    {"mount_setattr", MountSetattr},
    {"swapon", Swapon},
    {"swapoff", Swapoff},
    {"acct", Acct},
    {"quotactl", Quotactl},
    {"sethostname", SetHostName},
    {"setdomainname", SetDomainName},
    {"vhangup", Vhangup},
};
const struct Theme kMounts = THEME("mounts", kActs);
