// SPDX-License-Identifier: BSD-2-Clause
// Each act in a process of its own, with a deadline, so that one that is killed ends only itself.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

static const struct Theme* const kThemes[] = {
    &kInherited,      &kSystemFiles, &kOwnFiles,   &kProcFiles,   &kProcesses,
    &kOtherProcesses, &kMounts,      &kNamespaces, &kCredentials, &kPrograms,
    &kFamilies,       &kNewSockets,  &kConnection, &kKernel,      &kClocks,
    &kForeignCalls,   &kTerminals,   &kMemory,     &kIpc,
};
static const size_t kThemeCount = sizeof kThemes / sizeof kThemes[0];
static const int kDeadlineMilliseconds = 5000;

// Acts that take the connection away with them are made only when they are asked for by name.
static int IsFinal(const struct Act* act) { return strncmp(act->name, "final_", 6) == 0; }

static const char* NameOf(int outcome) {
  if (outcome == 0) return "done";
  if (outcome == kNothing) return "nothing";
  if (outcome == kNotAsked) return "not-asked";
  const char* name = strerrorname_np(outcome);
  return name == NULL ? "broken" : name;
}

// The exit or the death of the child; kills it when the time is over.
static int Await(pid_t child, int* late) {
  int status = 0;
  for (int waited = 0; waitpid(child, &status, WNOHANG) == 0; ++waited) {
    if (waited == kDeadlineMilliseconds) {
      *late = 1;
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    // Most acts end at once: the first waits are short.
    const struct timespec pause = {0, waited < 20 ? 100000 : 1000000};
    nanosleep(&pause, NULL);
  }
  return status;
}

static void Run(const struct Act* act) {
  const pid_t child = fork();
  if (child < 0) {
    Say("%s no-process-%s", act->name, NameOf(errno));
    return;
  }
  if (child == 0) _exit(act->attempt());
  int late = 0;
  const int status = Await(child, &late);
  if (late) {
    Say("%s late", act->name);
  } else if (WIFSIGNALED(status)) {
    const char* name = sigabbrev_np(WTERMSIG(status));
    Say("%s SIG%s", act->name, name == NULL ? "?" : name);
  } else {
    Say("%s %s", act->name, NameOf(WEXITSTATUS(status)));
  }
}

void RunActs(void) {
  const char* only = Given("only");
  for (size_t t = 0; t < kThemeCount; ++t) {
    if (only == NULL) Say("# %s", kThemes[t]->name);
    for (size_t a = 0; a < kThemes[t]->count; ++a) {
      const struct Act* act = &kThemes[t]->acts[a];
      if (only == NULL ? !IsFinal(act) : strcmp(only, act->name) == 0) Run(act);
    }
  }
}

void ListActs(void) {
  for (size_t t = 0; t < kThemeCount; ++t) {
    for (size_t a = 0; a < kThemes[t]->count; ++a) {
      Say("%s %s", kThemes[t]->name, kThemes[t]->acts[a].name);
    }
  }
}
