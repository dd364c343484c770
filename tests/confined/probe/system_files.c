// SPDX-License-Identifier: BSD-2-Clause
// Files of the system: secrets to read, programs and settings to change, devices to open.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe.h"

static int ReadShadow(void) { return ReadOutcome("/etc/shadow"); }
static int ListRootHome(void) { return ListOutcome("/root"); }
static int ListBoot(void) { return ListOutcome("/boot"); }
static int ReadHidden(void) { return ReadOutcome(Given("hidden")); }
static int ReadHiddenThroughRoot(void) {
  char path[512];
  if (Given("hidden") == NULL) return kNotAsked;
  snprintf(path, sizeof path, "/proc/self/root%s", Given("hidden"));
  return ReadOutcome(path);
}
static int ReadHostTemporary(void) { return ReadOutcome(Given("host_tmp")); }
static int ReadHostShared(void) { return ReadOutcome(Given("host_shm")); }

// Makes a file in a folder of the system, and takes it away again.
static int CreateIn(const char* folder) {
  char path[512];
  if (folder == NULL) return kNotAsked;
  snprintf(path, sizeof path, "%s/.probe-%d", folder, (int)getpid());
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  close(fd);
  return Outcome(unlink(path));
}

static int CreateInEtc(void) { return CreateIn("/etc"); }
static int CreateInUsr(void) { return CreateIn("/usr"); }
static int CreateInBin(void) { return CreateIn("/usr/bin"); }
static int CreateInLib(void) { return CreateIn("/usr/lib"); }
static int CreateInBoot(void) { return CreateIn("/boot"); }
static int CreateInRoot(void) { return CreateIn("/"); }
static int CreateInRootHome(void) { return CreateIn("/root"); }
static int CreateInDev(void) { return CreateIn("/dev"); }
static int CreateBesideProgram(void) { return CreateIn(Given("program_folder")); }
static int WritePasswd(void) { return OpenOutcome("/etc/passwd", O_RDWR); }
static int WriteLibc(void) { return OpenOutcome(Given("library"), O_RDWR); }

// The name of a program that is not running can be given to another file.
static int ReplaceProgram(void) {
  char from[512], to[512];
  if (Given("program_folder") == NULL) return kNotAsked;
  snprintf(from, sizeof from, "%s/idle", Given("program_folder"));
  snprintf(to, sizeof to, "%s/idle-%d", Given("program_folder"), (int)getpid());
  if (rename(from, to) != 0) return errno;
  return Outcome(rename(to, from));
}

static int ChangeProgramMode(void) {
  char path[512];
  if (Given("program_folder") == NULL) return kNotAsked;
  snprintf(path, sizeof path, "%s/idle", Given("program_folder"));
  return Outcome(chmod(path, 0755));
}

static int OpenMem(void) { return OpenOutcome("/dev/mem", O_RDWR); }
static int OpenKmsg(void) { return OpenOutcome("/dev/kmsg", O_WRONLY); }
static int OpenDisk(void) { return OpenOutcome(Given("disk"), O_RDONLY); }
static int OpenKvm(void) { return OpenOutcome("/dev/kvm", O_RDWR); }
static int OpenFuse(void) { return OpenOutcome("/dev/fuse", O_RDWR); }
static int OpenTun(void) { return OpenOutcome("/dev/net/tun", O_RDWR); }
static int OpenLoopControl(void) { return OpenOutcome("/dev/loop-control", O_RDWR); }
static int OpenConsole(void) { return OpenOutcome("/dev/console", O_WRONLY | O_NOCTTY); }

static int OpenOwnDevice(mode_t kind, dev_t device) {
  const char* path = WorkPath("device");
  if (mknod(path, kind | 0600, device) != 0) return errno;
  const int outcome = OpenOutcome(path, O_RDONLY);
  unlink(path);
  return outcome == ENXIO ? 0 : outcome;
}

static int OpenOwnKmsg(void) { return OpenOwnDevice(S_IFCHR, makedev(1, 11)); }
static int OpenOwnDisk(void) {
  const unsigned number = (unsigned)GivenNumber("disk_device");
  return OpenOwnDevice(S_IFBLK, makedev(number >> 8, number & 255));
}

static int CreateCgroup(void) {
  char path[512];
  if (Given("cgroup") == NULL) return kNotAsked;
  snprintf(path, sizeof path, "%s/probe-%d", Given("cgroup"), (int)getpid());
  if (mkdir(path, 0700) != 0) return errno;
  return Outcome(rmdir(path));
}
static int JoinRootCgroup(void) {
  char path[512];
  if (Given("cgroup") == NULL) return kNotAsked;
  snprintf(path, sizeof path, "%s/cgroup.procs", Given("cgroup"));
  return OpenOutcome(path, O_WRONLY);
}
static int WriteReleaseAgent(void) {
  return OpenOutcome("/sys/fs/cgroup/pids/release_agent", O_WRONLY);
}
static int WriteSys(void) { return OpenOutcome("/sys/kernel/rcu_expedited", O_WRONLY); }

static const struct Act kActs[] = {
    {"read_shadow", ReadShadow},
    {"list_root_home", ListRootHome},
    {"list_boot", ListBoot},
    {"read_hidden_path", ReadHidden},
    {"read_hidden_path_through_proc", ReadHiddenThroughRoot},
    {"read_host_temporary_file", ReadHostTemporary},
    {"read_host_shared_memory_file", ReadHostShared},
    {"create_in_etc", CreateInEtc},
    {"create_in_usr", CreateInUsr},
    {"create_in_bin", CreateInBin},
    {"create_in_lib", CreateInLib},
    {"create_in_boot", CreateInBoot},
    {"create_in_root_folder", CreateInRoot},
    {"create_in_root_home", CreateInRootHome},
    {"create_in_dev", CreateInDev},
    {"create_beside_program", CreateBesideProgram},
    {"replace_program", ReplaceProgram},
    {"change_mode_of_program", ChangeProgramMode},
    {"write_passwd", WritePasswd},
    {"write_library", WriteLibc},
    {"open_dev_mem", OpenMem},
    {"open_dev_kmsg", OpenKmsg},
    {"open_disk", OpenDisk},
    {"open_dev_kvm", OpenKvm},
    {"open_dev_fuse", OpenFuse},
    {"open_dev_tun", OpenTun},
    {"open_loop_control", OpenLoopControl},
    {"open_console", OpenConsole},
    {"open_own_kmsg_node", OpenOwnKmsg},
    {"open_own_disk_node", OpenOwnDisk},
    {"create_cgroup", CreateCgroup},
    {"open_root_cgroup_procs", JoinRootCgroup},
    {"open_cgroup_release_agent", WriteReleaseAgent},
    {"open_sys_for_writing", WriteSys},
};
const struct Theme kSystemFiles = THEME("system files", kActs);
