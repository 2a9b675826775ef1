// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/packet/checksum.h"
#include "tests/packet/mutate.h"

#define HEADERS 100 /* bytes in which headers lie, as a rule */

static __u64 state;

void mutate_begin(__u64 seed)
{
	const char *given = getenv("SEED");

	state = given ? strtoull(given, NULL, 0) : seed;
	fprintf(stderr, "# SEED=%llu\n", (unsigned long long)state);
}

/* splitmix64's finalizer over a counter. */
__u32 mutate_number(__u32 limit)
{
	__u64 z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (__u32)((z ^ z >> 31) >> 32) % limit;
}

static size_t some_place(const struct frame *f)
{
	size_t within = mutate_number(8) && f->len > HEADERS ? HEADERS : f->len;

	return mutate_number(within);
}

static void change_something(struct frame *f)
{
	static const __u8 odd[] = {
		0, 1, 4, 5, 6, 8, 17, 43, 44, 51, 58, 60, 0x45, 0x7f, 0x80, 0xff
	};
	size_t at = some_place(f), more;

	switch (mutate_number(6)) {
	case 0: f->bytes[at] ^= 1 << mutate_number(8); break;
	case 1: f->bytes[at] = mutate_number(256); break;
	case 2: f->bytes[at] = odd[mutate_number(sizeof(odd))]; break;
	case 3: memset(f->bytes + at, mutate_number(2) ? 0 : 0xff, at + 1 < f->len ? 2 : 1); break;
	case 4: f->len = ETH_HLEN + mutate_number(f->len - ETH_HLEN + 1); break;
	case 5:
		more = mutate_number(64);
		if (f->len + more > 1514)
			break;
		for (size_t i = 0; i < more; i++)
			f->bytes[f->len + i] = mutate_number(256);
		f->len += more;
		break;
	}
}

void mutate_frame(struct frame *f)
{
	for (unsigned int n = mutate_number(4); n; n--)
		change_something(f);
	if (!mutate_number(4))
		checksums_fix(f->bytes, f->len);
}
