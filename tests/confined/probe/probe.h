// SPDX-License-Identifier: BSD-2-Clause
// What the parts of the probe share. The probe is a service that attempts what a confined service
// must not do, and says how far it got; nothing it does outlives it or harms the machine it runs
// on.
//
// It is C without a library of its own, so that it can be linked statically and what it does is
// what the system calls in its source do.
#pragma once

#include <stddef.h>
#include <sys/types.h>

// What an attempt returns: 0 when the act was done, an errno when it was refused, or one of these.
enum {
  kNothing = 200,   // the call succeeded and gained nothing
  kNotAsked = 201,  // the request did not say what the act needs
  kBroken = 202     // the attempt itself could not be made
};

struct Act {
  const char* name;
  int (*attempt)(void);
};

struct Theme {
  const char* name;
  const struct Act* acts;
  size_t count;
};

#define THEME(label, table) {label, table, sizeof(table) / sizeof((table)[0])}

extern const struct Theme kSystemFiles, kOwnFiles, kProcFiles, kProcesses, kOtherProcesses, kMounts,
    kNamespaces, kCredentials, kPrograms, kFamilies, kNewSockets, kConnection, kKernel, kClocks,
    kForeignCalls, kTerminals, kMemory, kIpc, kInherited;

// request.c: the words of the request, key=value.
const char* Given(const char* key);
long GivenNumber(const char* key);  // 0 when it is not given
void ReadRequest(void);
const char* RequestVerb(void);

// outcome.c: from a system call's result to what an attempt returns.
int Outcome(long result);
// The kernel gives these errors only to who may do the act: there was nothing to do it to.
int Permitted(long result, int error);
int PermittedBy(long result, int error, int other);
// Opens and closes.
int OpenOutcome(const char* path, int flags);
int ReadOutcome(const char* path);  // opens and reads a byte
int ListOutcome(const char* path);  // opens a folder and reads its first entry
// A name in the work folder that nobody else has, in one of a few static buffers.
const char* WorkPath(const char* name);

// What the instance found when it started, before anything was opened or changed.
struct Start {
  pid_t zygote;  // the parent; 0 when it is outside this PID namespace
  int extra_descriptors;
  int extra_directory;  // whether one of them is a folder
  unsigned long long blocked, ignored;
  mode_t umask;
};
extern struct Start start;
void NoteStart(void);

// run.c, facts.c: the answers.
void RunActs(void);
void ListActs(void);
void TellFacts(void);
void Say(const char* format, ...) __attribute__((format(printf, 1, 2)));
