// SPDX-License-Identifier: BSD-2-Clause
// What an instance should not have been given: descriptors, signals, variables, a terminal.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

struct Start start;

static unsigned long long StatusMask(const char* name) {
  char line[256];
  unsigned long long mask = 0;
  FILE* status = fopen("/proc/self/status", "re");
  if (status == NULL) return 0;
  while (fgets(line, sizeof line, status) != NULL) {
    if (strncmp(line, name, strlen(name)) == 0) mask = strtoull(line + strlen(name), NULL, 16);
  }
  fclose(status);
  return mask;
}

void NoteStart(void) {
  struct stat facts;
  for (int fd = 3; fd < 65536; ++fd) {
    if (fstat(fd, &facts) != 0) continue;
    ++start.extra_descriptors;
    start.extra_directory |= S_ISDIR(facts.st_mode);
  }
  start.zygote = getppid();
  start.umask = umask(0);
  umask(start.umask);
  start.blocked = StatusMask("SigBlk:");
  start.ignored = StatusMask("SigIgn:");
}

static int Found(int found) { return found ? 0 : kNothing; }
static int Descriptor(void) { return Found(start.extra_descriptors > 0); }
static int Directory(void) { return Found(start.extra_directory); }
static int MissingStandard(void) {
  for (int fd = 0; fd < 3; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) return 0;
  }
  return kNothing;
}
static int ListeningSocket(void) {
  for (int fd = 0; fd < 3; ++fd) {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening) return 0;
  }
  return kNothing;
}
static int BlockedSignal(void) { return Found(start.blocked != 0); }
static int IgnoredSignal(void) { return Found(start.ignored != 0); }
static int OpenUmask(void) { return Found((start.umask & 022) != 022); }
// This is a child of the instance: the session must still be the instance's own.
static int SharedSession(void) { return Found(getsid(0) != getppid()); }
static int DaemonVariable(void) { return Found(getenv("POSTERN_TEST_SECRET") != NULL); }
static int LoaderVariable(void) {
  return Found(getenv("LD_PRELOAD") != NULL || getenv("LD_LIBRARY_PATH") != NULL);
}
static int FolderOutsideRoot(void) {
  char path[4096];
  if (getcwd(path, sizeof path) == NULL) return 0;
  return Found(strncmp(path, "(unreachable)", 13) == 0);
}

static const struct Act kActs[] = {
    {"inherit_descriptor", Descriptor},
    {"inherit_folder_descriptor", Directory},
    {"lack_standard_descriptor", MissingStandard},
    {"inherit_listening_socket", ListeningSocket},
    {"inherit_blocked_signal", BlockedSignal},
    {"inherit_ignored_signal", IgnoredSignal},
    {"inherit_open_umask", OpenUmask},
    {"inherit_session", SharedSession},
    {"inherit_variable_of_daemon", DaemonVariable},
    {"inherit_loader_variable", LoaderVariable},
    {"inherit_folder_outside_root", FolderOutsideRoot},
};
const struct Theme kInherited = THEME("inherited", kActs);
