// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/packet/world.h"

static __u64 state;

void world_do(const char *command, ...)
{
	char text[1024];
	va_list args;

	va_start(args, command);
	vsnprintf(text, sizeof(text), command, args);
	va_end(args);
	if (system(text))
		fail_msg("failed: %s", text);
}

__u32 world_ifindex(const char *ifname)
{
	__u32 ifindex = if_nametoindex(ifname);

	if (!ifindex)
		fail_msg("there is no interface %s", ifname);
	return ifindex;
}

void world_seed(__u64 seed)
{
	print_message("seed %llu\n", (unsigned long long)seed);
	state = seed;
}

/* splitmix64 */
__u32 world_random(void)
{
	__u64 z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (__u32)(z ^ (z >> 31));
}
