// SPDX-License-Identifier: BSD-2-Clause
// Results of system calls as outcomes of acts, and what many acts do with files.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "probe.h"

int Outcome(long result) { return result >= 0 ? 0 : errno; }

int Permitted(long result, int error) { return PermittedBy(result, error, error); }

int PermittedBy(long result, int error, int other) {
  return result >= 0 || errno == error || errno == other ? 0 : errno;
}

int OpenOutcome(const char* path, int flags) {
  if (path == NULL) return kNotAsked;
  const int fd = open(path, flags | O_CLOEXEC);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

int ReadOutcome(const char* path) {
  if (path == NULL) return kNotAsked;
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return errno;
  char byte;
  const ssize_t n = read(fd, &byte, 1);
  const int outcome = n > 0 ? 0 : n == 0 ? kNothing : errno;
  close(fd);
  return outcome;
}

int ListOutcome(const char* path) {
  if (path == NULL) return kNotAsked;
  DIR* folder = opendir(path);
  if (folder == NULL) return errno;
  errno = 0;
  const int outcome = readdir(folder) != NULL ? 0 : errno != 0 ? errno : kNothing;
  closedir(folder);
  return outcome;
}

const char* WorkPath(const char* name) {
  static char paths[4][512];
  static unsigned next;
  char* path = paths[next++ % 4];
  const char* folder = Given("work");
  // Who is killed leaves his files, and in another PID namespace there is another of his number.
  const char* attack = Given("attack");
  snprintf(path, sizeof paths[0], "%s/%s-%s-%d", folder == NULL ? "/tmp" : folder, name,
           attack == NULL ? "0" : attack, (int)getpid());
  return path;
}
