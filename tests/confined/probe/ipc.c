// SPDX-License-Identifier: BSD-2-Clause
// Shared memory, semaphores and queues: what outlives a connection, and what the host has of it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static int SharedMemory(void) {
  const int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  if (id < 0) return errno;
  return Outcome(shmctl(id, IPC_RMID, NULL));
}
static int Semaphore(void) {
  const int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
  if (id < 0) return errno;
  return Outcome(semctl(id, 0, IPC_RMID));
}
static int Queue(void) {
  const int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  if (id < 0) return errno;
  return Outcome(msgctl(id, IPC_RMID, NULL));
}
static int PosixQueue(void) {
  char name[64];
  snprintf(name, sizeof name, "probe-%d", (int)getpid());
  const long fd = syscall(SYS_mq_open, name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
  if (fd < 0) return errno;
  return Outcome(syscall(SYS_mq_unlink, name));
}
static int HostSharedMemory(void) {
  if (Given("shm_key") == NULL) return kNotAsked;
  return Outcome(shmget((key_t)GivenNumber("shm_key"), 0, 0));
}
// A file in /dev/shm is seen by everybody who has the same.
static int LeaveInSharedFolder(void) {
  char path[64];
  snprintf(path, sizeof path, "/dev/shm/probe-%d", (int)getpid());
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (fd < 0) return errno;
  return Outcome(unlink(path));
}

static const struct Act kActs[] = {
    {"shmget", SharedMemory},
    {"semget", Semaphore},
    {"msgget", Queue},
    {"mq_open", PosixQueue},
    {"shmget_of_host", HostSharedMemory},
    {"create_in_dev_shm", LeaveInSharedFolder},
};
const struct Theme kIpc = THEME("ipc", kActs);
