/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C interface of libwrap.so.0: may this client use this service?
 *
 *   struct request_info request;
 *   request_init(&request, RQ_DAEMON, "ftpd", RQ_FILE, connection, 0);
 *   sock_host(&request);
 *   if (!hosts_access(&request)) refuse(&request);
 *
 * Names, values and layout are those of tcp_wrappers 7.6, so that sources written for it compile
 * and programs linked with it run. Define INET6, as Debian's packages do, for `struct sockaddr *`
 * instead of `struct sockaddr_in *` in this header; the library takes either family in any case.
 *
 * Threads: hosts_access(), hosts_ctl(), request_*() and eval_*() may run in several threads, each
 * on a request of its own. Options that change the process (umask, setenv, nice, user, severity)
 * change it for all threads.
 *
 * Failure: a request about which something is unknown holds the text "unknown" there. What the
 * library has to say goes to syslog(3), as the calling program opened it.
 */
#ifndef TCPD_H
#define TCPD_H

#include <netinet/in.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#if __cplusplus >= 201103L
#define TCPD_NOTHROW noexcept
#else
#define TCPD_NOTHROW throw()
#endif
#else
#define TCPD_NOTHROW
#endif

#if defined(__GNUC__)
#define TCPD_PRINTF __attribute__((__format__(__printf__, 1, 2)))
#else
#define TCPD_PRINTF
#endif

#ifdef INET6
#define TCPD_SOCKADDR struct sockaddr
#else
#define TCPD_SOCKADDR struct sockaddr_in
#endif

#define STRING_LENGTH 128 /* of every text of a request, its NUL included */

struct request_info;

/* One end of a connection. An empty text has not been asked for; read them with eval_*(). */
struct host_info {
  char name[STRING_LENGTH];
  char addr[STRING_LENGTH];
  TCPD_SOCKADDR* sin;      /* socket address, or null */
  struct t_unitdata* unit; /* not used */
  struct request_info* request;
};

/* Who asks for what. */
struct request_info {
  int fd;
  char user[STRING_LENGTH];
  char daemon[STRING_LENGTH];
  char pid[10];
  struct host_info client[1];
  struct host_info server[1];
  void (*sink)(int);                     /* takes a datagram off the socket, or null */
  void (*hostname)(struct host_info*);   /* fills `name`; sock_hostname, or the program's own */
  void (*hostaddr)(struct host_info*);   /* fills `addr` */
  void (*cleanup)(struct request_info*); /* what clean_exit() calls first, or null */
  struct netconfig* config;              /* not used */
};

/* Keys of request_init() and request_set(); the list ends with 0. Texts are copied, addresses not.
 */
#define RQ_FILE 1        /* int */
#define RQ_DAEMON 2      /* char * */
#define RQ_USER 3        /* char * */
#define RQ_CLIENT_NAME 4 /* char * */
#define RQ_CLIENT_ADDR 5 /* char * */
#define RQ_CLIENT_SIN 6  /* struct sockaddr * */
#define RQ_SERVER_NAME 7 /* char * */
#define RQ_SERVER_ADDR 8 /* char * */
#define RQ_SERVER_SIN 9  /* struct sockaddr * */
extern struct request_info* request_init(struct request_info*, ...) TCPD_NOTHROW;
extern struct request_info* request_set(struct request_info*, ...) TCPD_NOTHROW;

/* The decision: 1 granted, 0 refused. */
extern int hosts_access(struct request_info*) TCPD_NOTHROW;
/* The same for what the caller has found out itself; "" or "unknown" for what it has not. */
extern int hosts_ctl(char* daemon, char* client_name, char* client_addr,
                     char* client_user) TCPD_NOTHROW;

/* Both ends of the connection request->fd; names are looked up when they are needed. */
extern void sock_host(struct request_info*) TCPD_NOTHROW;
extern void sock_hostname(struct host_info*) TCPD_NOTHROW;
extern void sock_hostaddr(struct host_info*) TCPD_NOTHROW;
#define fromhost sock_host
#define sock_methods(r)            \
  {                                \
    (r)->hostname = sock_hostname; \
    (r)->hostaddr = sock_hostaddr; \
  }

/* What is known, looked up when it has not been yet. */
extern char* eval_user(struct request_info*) TCPD_NOTHROW;
extern char* eval_hostname(struct host_info*) TCPD_NOTHROW;
extern char* eval_hostaddr(struct host_info*) TCPD_NOTHROW;
extern char* eval_hostinfo(struct host_info*) TCPD_NOTHROW;  /* name if known, else address */
extern char* eval_client(struct request_info*) TCPD_NOTHROW; /* user@host or host */
extern char* eval_server(struct request_info*) TCPD_NOTHROW; /* daemon@host or daemon */
extern char* eval_port(TCPD_SOCKADDR*) TCPD_NOTHROW;         /* decimal */
#define eval_daemon(r) ((r)->daemon)
#define eval_pid(r) ((r)->pid)
extern void rfc931(TCPD_SOCKADDR* client, TCPD_SOCKADDR* server, char* user) TCPD_NOTHROW;

/* Logs the refusal and ends the process; ends the process. */
extern void refuse(struct request_info*);
extern void clean_exit(struct request_info*);

/* For programs that check access files; AC_ERROR and AC_DENY arrive through tcpd_jump(). */
#define AC_PERMIT 1
#define AC_DENY (-1)
#define AC_ERROR AC_DENY
struct tcpd_context {
  char* file; /* null: messages name no place */
  int line;
};
extern void process_options(char* options, struct request_info*);
extern char* percent_x(char* result, int size, char* text, struct request_info*) TCPD_NOTHROW;
extern void shell_cmd(char* command) TCPD_NOTHROW;
extern void tcpd_warn(char* format, ...) TCPD_NOTHROW TCPD_PRINTF;
extern void tcpd_jump(char* format, ...) TCPD_PRINTF;
extern char* xgets(char* buffer, int size, FILE*) TCPD_NOTHROW; /* joins continued lines */
extern char* split_at(char* text, int delimiter) TCPD_NOTHROW;  /* not inside [ ] */
extern unsigned long dot_quad_addr(char* text) TCPD_NOTHROW;    /* else INADDR_NONE */

/* A program may define the severities itself; the library then uses the program's. */
#ifdef HAVE_WEAKSYMS
extern int allow_severity __attribute__((weak));
extern int deny_severity __attribute__((weak));
#else
extern int allow_severity;
extern int deny_severity;
#endif
extern char* hosts_allow_table; /* read anew by each decision, as the files are */
extern char* hosts_deny_table;
extern int hosts_access_verbose; /* 1: log each option, 2: log the rule that matched too */
extern int rfc931_timeout;       /* seconds */
extern int resident;             /* > 0: `twist` is refused */
extern int dry_run;              /* options are checked and not run; `twist` clears it */
extern struct tcpd_context tcpd_context;
extern char unknown[];
extern char paranoid[];

#define STRING_UNKNOWN "unknown"
#define STRING_PARANOID "paranoid" /* the name does not verify */
#define STR_EQ(a, b) (strcasecmp((a), (b)) == 0)
#define STR_NE(a, b) (strcasecmp((a), (b)) != 0)
#define STRN_EQ(a, b, n) (strncasecmp((a), (b), (n)) == 0)
#define STRN_NE(a, b, n) (strncasecmp((a), (b), (n)) != 0)
#define STRN_CPY(to, from, n)   \
  {                             \
    strncpy((to), (from), (n)); \
    (to)[(n) - 1] = 0;          \
  }
#define HOSTNAME_KNOWN(s) (STR_NE((s), unknown) && STR_NE((s), paranoid))
#define NOT_INADDR(s) ((s)[strspn((s), "0123456789./")] != 0)

#ifdef __cplusplus
}
#endif

#endif
