/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tc and ip expect of a plugin. iproute2 installs no headers, so this restates its binary
 * interface, which has been the same from 5.10 on.
 */
#ifndef COMPAT_IPROUTE2_H
#define COMPAT_IPROUTE2_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

/* A symbol that a plugin has for others: for tc and ip, one. */
#define IPROUTE2_PLUGIN __attribute__((visibility("default")))

/* f_<kind>.so has <kind>_filter_util. A function that fails returns -1, and tc says no more. */
struct filter_util {
	struct filter_util *next;
	char id[16];
	int (*parse_fopt)(struct filter_util *self, char *handle, int argc, char **argv,
	                  struct nlmsghdr *request);
	int (*print_fopt)(struct filter_util *self, FILE *out, struct rtattr *options,
	                  __u32 handle);
	void *later[4]; /* should a later version read more, it finds nothing */
};

/* e_<kind>.so has <kind>_exec_util. */
struct exec_util {
	struct exec_util *next;
	char id[16];
	int (*parse_eopt)(struct exec_util *self, int argc, char **argv);
	void *later[4];
};

/* link_<kind>.so has <kind>_link_util. */
struct link_util {
	struct link_util *next;
	const char *id;
	int maxattr;
	int (*parse_opt)(struct link_util *self, int argc, char **argv, struct nlmsghdr *request);
	void (*print_opt)(struct link_util *self, FILE *out, struct rtattr *attributes[]);
	void (*print_xstats)(struct link_util *self, FILE *out, struct rtattr *statistics);
	void (*print_help)(struct link_util *self, int argc, char **argv, FILE *out);
	int (*parse_ifla_xstats)(struct link_util *self, int argc, char **argv);
	int (*print_ifla_xstats)(void);
	void *later[4];
};

#endif
