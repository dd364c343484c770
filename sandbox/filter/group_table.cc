// SPDX-License-Identifier: BSD-2-Clause
// Every call of Linux 6.17 on x86_64 and aarch64 is in exactly one group of our own, but for
// socket and connect, which the network attribute decides about (tests/sandbox/groups_test.cc).
#include "sandbox/filter/group_table.h"

namespace postern::sandbox::filter {
namespace {

using Names = std::string_view[];

constexpr Names kStart = {
    "access", "arch_prctl", "brk", "chdir", "clock_getres", "clock_gettime", "clock_nanosleep",
    "close", "close_range", "capget", "execve", "execveat", "exit", "exit_group", "faccessat",
    "faccessat2", "fchdir", "fcntl", "fstat", "futex", "futex_requeue", "futex_wait", "futex_waitv",
    "futex_wake", "get_robust_list", "get_thread_area", "getcpu", "getcwd", "getegid", "geteuid",
    "getgid", "getgroups", "getpgid", "getpgrp", "getpid", "getppid", "getrandom", "getresgid",
    "getresuid", "getrlimit", "getsid", "gettid", "gettimeofday", "getuid",
    // These confine the caller further, and nothing else.
    "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "seccomp", "mseal",
    "lseek", "lstat", "madvise", "map_shadow_stack", "membarrier", "mmap", "mprotect", "mremap",
    "munmap", "nanosleep", "newfstatat", "open", "openat", "pause", "personality", "prctl",
    "pread64", "prlimit64", "read", "readlink", "readlinkat", "restart_syscall", "rseq",
    "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend",
    "rt_sigtimedwait", "sched_getaffinity", "sched_yield", "set_robust_list", "set_thread_area",
    "set_tid_address", "sigaltstack", "stat", "time", "umask", "uname", "write"};

constexpr Names kIo = {"copy_file_range",
                       "dup",
                       "dup2",
                       "dup3",
                       "epoll_create",
                       "epoll_create1",
                       "epoll_ctl",
                       "epoll_pwait",
                       "epoll_pwait2",
                       "epoll_wait",
                       "eventfd",
                       "eventfd2",
                       "fadvise64",
                       "ioctl",
                       "memfd_create",
                       "mincore",
                       "msync",
                       "pipe",
                       "pipe2",
                       "poll",
                       "ppoll",
                       "preadv",
                       "preadv2",
                       "pselect6",
                       "pwrite64",
                       "pwritev",
                       "pwritev2",
                       "readahead",
                       "readv",
                       "remap_file_pages",
                       "select",
                       "sendfile",
                       "signalfd",
                       "signalfd4",
                       "splice",
                       "tee",
                       "writev"};

constexpr Names kStdioNet = {"getpeername", "getsockname", "getsockopt", "recvfrom",
                             "recvmmsg",    "recvmsg",     "sendmmsg",   "sendmsg",
                             "sendto",      "setsockopt",  "shutdown",   "socketpair"};

constexpr Names kFsRead = {"cachestat",        "fgetxattr",         "file_getattr", "flistxattr",
                           "fstatfs",          "getdents",          "getdents64",   "getxattr",
                           "getxattrat",       "inotify_add_watch", "inotify_init", "inotify_init1",
                           "inotify_rm_watch", "lgetxattr",         "listxattr",    "listxattrat",
                           "llistxattr",       "openat2",           "statfs",       "statx"};

constexpr Names kFsWrite = {
    "chmod",        "chown",           "creat",        "fallocate",     "fchmod",       "fchmodat",
    "fchmodat2",    "fchown",          "fchownat",     "fdatasync",     "file_setattr", "flock",
    "fremovexattr", "fsetxattr",       "fsync",        "ftruncate",     "futimesat",    "lchown",
    "link",         "linkat",          "lremovexattr", "lsetxattr",     "mkdir",        "mkdirat",
    "mknod",        "mknodat",         "removexattr",  "removexattrat", "rename",       "renameat",
    "renameat2",    "rmdir",           "setxattr",     "setxattrat",    "symlink",      "symlinkat",
    "sync",         "sync_file_range", "syncfs",       "truncate",      "unlink",       "unlinkat",
    "utime",        "utimensat",       "utimes"};

constexpr Names kProcess = {"alarm",
                            "clone",
                            "clone3",
                            "fork",
                            "get_mempolicy",  // this and its like: libnuma, before main
                            "getitimer",
                            "getpriority",
                            "getrusage",
                            "ioprio_get",
                            "kill",
                            "pidfd_open",
                            "pidfd_send_signal",
                            "rt_sigqueueinfo",
                            "rt_tgsigqueueinfo",
                            "sched_get_priority_max",
                            "sched_get_priority_min",
                            "sched_getattr",
                            "sched_getparam",
                            "sched_getscheduler",
                            "sched_rr_get_interval",
                            "set_mempolicy",
                            "setitimer",
                            "setpriority",  // its own only
                            "setpgid",
                            "setsid",
                            "sysinfo",
                            "tgkill",
                            "timer_create",
                            "timer_delete",
                            "timer_getoverrun",
                            "timer_gettime",
                            "timer_settime",
                            "times",
                            "tkill",
                            "vfork",
                            "wait4",
                            "waitid"};

constexpr Names kLocalIpc = {"connect", "socket"};
constexpr Names kNetClient = {"connect", "socket"};
constexpr Names kNetServer = {"accept", "accept4", "bind", "listen"};
constexpr Names kPrivdrop = {"capset",    "chroot",    "setfsgid", "setfsuid",
                             "setgid",    "setgroups", "setregid", "setresgid",
                             "setresuid", "setreuid",  "setuid"};
constexpr Names kSysvIpc = {
    "mq_getsetattr", "mq_notify",  "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink",
    "msgctl",        "msgget",     "msgrcv",  "msgsnd",          "semctl",       "semget",
    "semop",         "semtimedop", "shmat",   "shmctl",          "shmdt",        "shmget"};
constexpr Names kAio = {"io_cancel",     "io_destroy", "io_getevents",
                        "io_pgetevents", "io_setup",   "io_submit"};
constexpr Names kMemlock = {"memfd_secret", "mlock", "mlock2", "mlockall", "munlock", "munlockall"};
constexpr Names kResources = {"ioprio_set",         "process_madvise", "process_mrelease",
                              "sched_setaffinity",  "sched_setattr",   "sched_setparam",
                              "sched_setscheduler", "setrlimit"};
constexpr Names kTimerFd = {"timerfd_create", "timerfd_gettime", "timerfd_settime"};
constexpr Names kJit = {"pkey_alloc", "pkey_free", "pkey_mprotect"};
constexpr Names kAdmin = {
    "fanotify_init",     "fanotify_mark", "lsm_get_self_attr", "lsm_list_modules",
    "lsm_set_self_attr", "setdomainname", "sethostname",       "vhangup"};

constexpr Names kDebug = {"bpf",
                          "kcmp",
                          "lookup_dcookie",
                          "perf_event_open",
                          "pidfd_getfd",
                          "process_vm_readv",
                          "process_vm_writev",
                          "ptrace",
                          "userfaultfd"};
constexpr Names kIoUring = {"io_uring_enter", "io_uring_register", "io_uring_setup"};
constexpr Names kMount = {"fsconfig",  "fsmount",        "fsopen",        "fspick",
                          "listmount", "mount",          "mount_setattr", "move_mount",
                          "open_tree", "open_tree_attr", "pivot_root",    "statmount",
                          "umount2"};
constexpr Names kNamespaces = {"setns", "unshare"};
constexpr Names kModule = {"delete_module", "finit_module", "init_module"};
constexpr Names kReboot = {"kexec_file_load", "kexec_load", "reboot"};
constexpr Names kSwap = {"swapoff", "swapon"};
constexpr Names kCpuEmulation = {"modify_ldt"};
constexpr Names kRawIo = {"ioperm", "iopl"};
constexpr Names kKeyring = {"add_key", "keyctl", "request_key"};
constexpr Names kFileHandles = {"name_to_handle_at", "open_by_handle_at"};
constexpr Names kAccounting = {"acct", "quotactl", "quotactl_fd", "syslog"};
constexpr Names kClock = {"adjtimex", "clock_adjtime", "clock_settime", "settimeofday"};
constexpr Names kPages = {"mbind", "migrate_pages", "move_pages", "set_mempolicy_home_node",
                          "vmsplice"};
constexpr Names kObsolete = {"_sysctl",        "afs_syscall",     "create_module", "epoll_ctl_old",
                             "epoll_wait_old", "get_kernel_syms", "getpmsg",       "nfsservctl",
                             "putpmsg",        "query_module",    "security",      "sysfs",
                             "tuxcall",        "uselib",          "ustat",         "vserver"};

constexpr Names kAsStart = {"@start"};
constexpr Names kBasicIo = {"@start", "@io"};
constexpr Names kChown = {"chown", "fchown", "fchownat", "lchown"};
constexpr Names kFileSystem = {"@start", "@fs-read", "@fs-write"};
constexpr Names kIoEvent = {"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait",
                            "epoll_pwait2", "epoll_wait",    "eventfd",   "eventfd2",
                            "poll",         "ppoll",         "pselect6",  "select"};
constexpr Names kIpc = {"@sysv-ipc", "memfd_create", "pipe", "pipe2", "process_madvise"};
constexpr Names kNetworkIo = {"@stdio-net", "@local-ipc", "@net-client", "@net-server"};
constexpr Names kPkey = {"@jit"};
constexpr Names kPrivileged = {"@privdrop", "@admin", "chown", "fchown", "fchownat", "lchown"};
constexpr Names kSandbox = {"landlock_add_rule", "landlock_create_ruleset",
                            "landlock_restrict_self", "seccomp"};
constexpr Names kSetuid = {"setgid",    "setgroups", "setregid", "setresgid",
                           "setresuid", "setreuid",  "setuid"};
constexpr Names kSignal = {"kill",
                           "pidfd_send_signal",
                           "rt_sigaction",
                           "rt_sigpending",
                           "rt_sigprocmask",
                           "rt_sigqueueinfo",
                           "rt_sigsuspend",
                           "rt_sigtimedwait",
                           "rt_tgsigqueueinfo",
                           "sigaltstack",
                           "signalfd",
                           "signalfd4",
                           "tgkill",
                           "tkill"};
constexpr Names kSync = {"fdatasync", "fsync", "msync", "sync", "sync_file_range", "syncfs"};
constexpr Names kTimer = {"@timer-fd",     "alarm",        "getitimer",        "setitimer",
                          "timer_create",  "timer_delete", "timer_getoverrun", "timer_gettime",
                          "timer_settime", "times"};
constexpr Names kSystemService = {"@start",      "@io",        "@stdio-net", "@fs-read",
                                  "@fs-write",   "@process",   "@local-ipc", "@net-client",
                                  "@net-server", "@privdrop",  "@sysv-ipc",  "@aio",
                                  "@memlock",    "@resources", "@timer-fd"};
constexpr Names kKnown = {"@system-service", "@jit", "@admin"};

constexpr Names kPresetScript = {"@start",   "@io",       "@stdio-net",
                                 "@fs-read", "@fs-write", "@process"};
constexpr Names kPresetDaemon = {"@preset-script", "@local-ipc", "@privdrop"};
constexpr Names kPresetFtp = {"@preset-daemon", "@net-client", "@net-server"};
constexpr Names kPresetTftp = {"@preset-daemon", "@net-server"};
constexpr Names kPresetMail = {"@preset-daemon", "@net-client"};
constexpr Names kPresetAgent = {"@preset-script", "@local-ipc", "@resources", "@timer-fd"};
constexpr Names kPresetCtf = {"@start", "@io", "@stdio-net", "@fs-read", "@process"};

constexpr CallGroup kTable[] = {
    // Base.
    {"@start", GroupKind::kBase, "what the loader and libc need before main, and to end", kStart},
    {"@io", GroupKind::kBase, "reading, writing and waiting on descriptors; ioctl", kIo},
    {"@stdio-net", GroupKind::kBase, "talking on the connection the service was given", kStdioNet},
    {"@fs-read", GroupKind::kBase, "looking at files and directories", kFsRead},
    {"@fs-write", GroupKind::kBase, "making, changing and removing files", kFsWrite},
    {"@process", GroupKind::kBase, "starting, awaiting and signalling processes", kProcess},
    {"@local-ipc", GroupKind::kBase, "AF_UNIX sockets, where the profile has them", kLocalIpc},
    {"@net-client", GroupKind::kBase, "connecting, where the network attribute permits it",
     kNetClient},
    {"@net-server", GroupKind::kBase, "listening, where the network attribute permits it",
     kNetServer},
    // Optional.
    {"@privdrop", GroupKind::kOptional, "changing user, groups, capabilities or root", kPrivdrop},
    {"@sysv-ipc", GroupKind::kOptional, "System V and POSIX message queues, semaphores, memory",
     kSysvIpc},
    {"@aio", GroupKind::kOptional, "asynchronous input and output, the old interface", kAio},
    {"@memlock", GroupKind::kOptional, "locking memory", kMemlock},
    {"@resources", GroupKind::kOptional, "priorities, schedulers, CPUs, limits", kResources},
    {"@timer-fd", GroupKind::kOptional, "timers as descriptors", kTimerFd},
    {"@jit", GroupKind::kOptional, "memory that is writable and executable; protection keys", kJit},
    {"@admin", GroupKind::kOptional, "host name, terminals, watching all files: for root", kAdmin},
    // Denied.
    {"@debug", GroupKind::kDenied, "reads and changes other processes and the kernel", kDebug},
    {"@io-uring", GroupKind::kDenied, "does what other calls do, past this filter", kIoUring},
    {"@mount", GroupKind::kDenied, "rebuilds the view of the file system", kMount},
    {"@namespaces", GroupKind::kDenied, "leaves the namespaces, or gains capabilities in new ones",
     kNamespaces},
    {"@module", GroupKind::kDenied, "changes the kernel", kModule},
    {"@reboot", GroupKind::kDenied, "ends or replaces the kernel", kReboot},
    {"@swap", GroupKind::kDenied, "takes or gives the machine's memory", kSwap},
    {"@cpu-emulation", GroupKind::kDenied, "reaches old and rarely tried code of the kernel",
     kCpuEmulation},
    {"@raw-io", GroupKind::kDenied, "talks to devices past the kernel", kRawIo},
    {"@keyring", GroupKind::kDenied, "reads keys the kernel holds for others of the user",
     kKeyring},
    {"@file-handles", GroupKind::kDenied, "opens files by number, past every directory",
     kFileHandles},
    {"@accounting", GroupKind::kDenied, "reads the kernel's log, sets quotas and accounting",
     kAccounting},
    {"@clock", GroupKind::kDenied, "sets the machine's clock", kClock},
    {"@pages", GroupKind::kDenied, "moves memory; helps to exploit faults of the kernel", kPages},
    {"@obsolete", GroupKind::kDenied, "no longer does anything a service needs", kObsolete},
    // Aliases.
    {"@default", GroupKind::kAlias, "", kAsStart},
    {"@basic-io", GroupKind::kAlias, "", kBasicIo},
    {"@chown", GroupKind::kAlias, "", kChown},
    {"@file-system", GroupKind::kAlias, "", kFileSystem},
    {"@io-event", GroupKind::kAlias, "", kIoEvent},
    {"@ipc", GroupKind::kAlias, "", kIpc},
    {"@network-io", GroupKind::kAlias, "", kNetworkIo},
    {"@pkey", GroupKind::kAlias, "", kPkey},
    {"@privileged", GroupKind::kAlias, "", kPrivileged},
    {"@sandbox", GroupKind::kAlias, "", kSandbox},
    {"@setuid", GroupKind::kAlias, "", kSetuid},
    {"@signal", GroupKind::kAlias, "", kSignal},
    {"@sync", GroupKind::kAlias, "", kSync},
    {"@timer", GroupKind::kAlias, "", kTimer},
    {"@timers", GroupKind::kAlias, "", kTimer},
    {"@system-service", GroupKind::kAlias, "", kSystemService},
    {"@known", GroupKind::kAlias, "", kKnown},
    // Presets.
    {"@preset-script", GroupKind::kPreset, "a script of a shell, Perl or Python", kPresetScript},
    {"@preset-daemon", GroupKind::kPreset, "a server that logs and drops privileges",
     kPresetDaemon},
    {"@preset-ftp", GroupKind::kPreset, "an FTP server, data connections included", kPresetFtp},
    {"@preset-tftp", GroupKind::kPreset, "a TFTP server", kPresetTftp},
    {"@preset-mail", GroupKind::kPreset, "a mail transfer agent", kPresetMail},
    {"@preset-git", GroupKind::kPreset, "git daemon --inetd", kPresetScript},
    {"@preset-rsync", GroupKind::kPreset, "rsync --daemon", kPresetDaemon},
    {"@preset-lpd", GroupKind::kPreset, "a printer spooler", kPresetDaemon},
    {"@preset-agent", GroupKind::kPreset, "a monitoring agent", kPresetAgent},
    {"@preset-ctf", GroupKind::kPreset, "a challenge that is meant to be broken", kPresetCtf},
};

}  // namespace

std::span<const CallGroup> GroupTable() { return kTable; }

}  // namespace postern::sandbox::filter
