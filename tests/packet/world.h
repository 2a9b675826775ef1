/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What packet tests need around them: interfaces, routes and neighbours, in their own namespace. */
#ifndef TESTS_PACKET_WORLD_H
#define TESTS_PACKET_WORLD_H

#include <linux/types.h>

/* Run a shell command, made as by printf(); it fails the test if it does not succeed. */
void world_do(const char *command, ...) __attribute__((format(printf, 1, 2)));

/* The ifindex of an interface, which must exist. */
__u32 world_ifindex(const char *ifname);

/* Random numbers from a seed that is printed, so that a run can be repeated. */
void world_seed(__u64 seed);
__u32 world_random(void);

#endif
