// SPDX-License-Identifier: BSD-2-Clause
// What a service could do in a folder that it may write: set-id programs, device nodes, ways out by
// links and handles.
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe.h"

static int NewFile(const char* path, mode_t mode) {
  return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
}

// Whether the file has the bits now; takes it away.
static int HasMode(const char* path, long result, mode_t bits) {
  struct stat facts;
  const int error = errno;
  const int seen = stat(path, &facts);
  unlink(path);
  if (result < 0) return error;
  return seen == 0 && (facts.st_mode & bits) == bits ? 0 : kNothing;
}

static int CreateSetuid(void) {
  const char* path = WorkPath("setuid");
  umask(0);
  return HasMode(path, NewFile(path, 04755), S_ISUID);
}

static int WithMode(long (*change)(const char* path, int fd, mode_t mode), mode_t mode) {
  const char* path = WorkPath("mode");
  const int fd = NewFile(path, 0755);
  if (fd < 0) return kBroken;
  return HasMode(path, change(path, fd, mode), mode & 06000);
}

static long ByName(const char* path, int fd, mode_t mode) {
  return fd < 0 ? -1 : chmod(path, mode);
}
static long ByDescriptor(const char* path, int fd, mode_t mode) {
  return path == NULL ? -1 : fchmod(fd, mode);
}
static long ByFolder(const char* path, int fd, mode_t mode) {
  return fd < 0 ? -1 : syscall(SYS_fchmodat, AT_FDCWD, path, mode);
}
static long ByFolderWithFlags(const char* path, int fd, mode_t mode) {
  return fd < 0 ? -1 : syscall(452 /* fchmodat2 */, AT_FDCWD, path, mode, 0);
}

static int ChmodSetuid(void) { return WithMode(ByName, 04755); }
static int FchmodSetuid(void) { return WithMode(ByDescriptor, 04755); }
static int FchmodatSetuid(void) { return WithMode(ByFolder, 04755); }
static int Fchmodat2Setuid(void) { return WithMode(ByFolderWithFlags, 04755); }
static int ChmodSetgid(void) { return WithMode(ByName, 02755); }
static int MkdirSetgid(void) {
  const char* path = WorkPath("folder");
  struct stat facts;
  umask(0);
  if (mkdir(path, 0755) != 0) return kBroken;
  const int result = chmod(path, 02755);
  const int error = errno;
  const int seen = stat(path, &facts);
  rmdir(path);
  if (result != 0) return error;
  return seen == 0 && (facts.st_mode & S_ISGID) != 0 ? 0 : kNothing;
}

static int MakeNode(mode_t kind, dev_t device) {
  const char* path = WorkPath("node");
  if (mknod(path, kind | 0600, device) != 0) return errno;
  return Outcome(unlink(path));
}
static int MakeCharacterDevice(void) { return MakeNode(S_IFCHR, makedev(1, 3)); }
static int MakeBlockDevice(void) { return MakeNode(S_IFBLK, makedev(7, 0)); }

static int LinkForeign(void) {
  const char* path = WorkPath("link");
  if (Given("foreign") == NULL) return kNotAsked;
  if (link(Given("foreign"), path) != 0) return errno;
  return Outcome(unlink(path));
}
static int ReadForeign(void) { return ReadOutcome(Given("foreign")); }
static int ChownForeign(void) {
  if (Given("foreign") == NULL) return kNotAsked;
  return Outcome(chown(Given("foreign"), 12345, 12345));
}
static int GiveAway(void) {
  const char* path = WorkPath("gift");
  const int fd = NewFile(path, 0600);
  if (fd < 0) return kBroken;
  const int outcome = Outcome(fchown(fd, getuid() == 12345 ? 0 : 12345, (gid_t)-1));
  unlink(path);
  return outcome;
}

static int ReadShadowBySymlink(void) {
  const char* path = WorkPath("symlink");
  if (symlink("/etc/shadow", path) != 0) return kBroken;
  const int outcome = ReadOutcome(path);
  unlink(path);
  return outcome;
}
static int ReadShadowByDots(void) {
  if (chdir(Given("work") == NULL ? "/" : Given("work")) != 0) return kBroken;
  return ReadOutcome("../../../../../../../../etc/shadow");
}
static int ReadShadowByProc(void) { return ReadOutcome("/proc/self/root/etc/shadow"); }

static int SetFileCapability(void) {
  const char* path = WorkPath("capable");
  const int fd = NewFile(path, 0755);
  if (fd < 0) return kBroken;
  const struct vfs_cap_data data = {VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
                                    {{1U << CAP_NET_RAW, 0}, {0, 0}}};
  const int outcome = Outcome(fsetxattr(fd, "security.capability", &data, sizeof data, 0));
  unlink(path);
  return outcome;
}
static int SetTrustedAttribute(void) {
  const char* path = WorkPath("trusted");
  const int fd = NewFile(path, 0600);
  if (fd < 0) return kBroken;
  const int outcome = Outcome(fsetxattr(fd, "trusted.probe", "1", 1, 0));
  unlink(path);
  return outcome;
}

struct Handle {
  struct file_handle head;
  unsigned char bytes[MAX_HANDLE_SZ];
};
static int MakeHandle(struct Handle* handle) {
  int mount = 0;
  handle->head.handle_bytes = MAX_HANDLE_SZ;
  return Outcome(name_to_handle_at(AT_FDCWD, Given("work") == NULL ? "/" : Given("work"),
                                   &handle->head, &mount, 0));
}
static int NameToHandle(void) {
  struct Handle handle;
  return MakeHandle(&handle);
}
// With a handle that was made elsewhere: making one is an act of its own.
static int OpenByHandle(void) {
  struct Handle handle;
  memset(&handle, 0, sizeof handle);
  handle.head.handle_bytes = 8;
  handle.head.handle_type = 1;
  const int folder = open(Given("work") == NULL ? "/" : Given("work"), O_RDONLY | O_DIRECTORY);
  if (folder < 0) return kBroken;
  return PermittedBy(open_by_handle_at(folder, &handle.head, O_RDONLY), ESTALE, EOPNOTSUPP);
}

static int RemoveForeign(void) {
  char path[512];
  if (Given("sticky") == NULL) return kNotAsked;
  snprintf(path, sizeof path, "%s-%d", Given("sticky"), (int)getpid());
  if (rename(Given("sticky"), path) != 0) return errno;
  return Outcome(rename(path, Given("sticky")));
}

static const struct Act kActs[] = {
    {"create_setuid_file", CreateSetuid},
    {"chmod_setuid", ChmodSetuid},
    {"fchmod_setuid", FchmodSetuid},
    {"fchmodat_setuid", FchmodatSetuid},
    {"fchmodat2_setuid", Fchmodat2Setuid},
    {"chmod_setgid", ChmodSetgid},
    {"chmod_setgid_folder", MkdirSetgid},
    {"make_character_device", MakeCharacterDevice},
    {"make_block_device", MakeBlockDevice},
    {"link_foreign_file", LinkForeign},
    {"read_foreign_file", ReadForeign},
    {"chown_foreign_file", ChownForeign},
    {"give_file_away", GiveAway},
    {"rename_in_sticky_folder", RemoveForeign},
    {"read_shadow_by_symlink", ReadShadowBySymlink},
    {"read_shadow_by_dots", ReadShadowByDots},
    {"read_shadow_by_proc_self_root", ReadShadowByProc},
    {"set_file_capability", SetFileCapability},
    {"set_trusted_attribute", SetTrustedAttribute},
    {"name_to_handle_at", NameToHandle},
    {"open_by_handle_at", OpenByHandle},
};
const struct Theme kOwnFiles = THEME("own files", kActs);
