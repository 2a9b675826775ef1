/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of migrate_old.bpf.c and migrate_new.bpf.c, as the test programs know them. */
#ifndef TESTS_BPF_MIGRATE_H
#define TESTS_BPF_MIGRATE_H

#include <linux/types.h>

struct old_rule_key {
	__u32 addr;
	__u16 port;
	__u16 pad;
};

struct old_rule {
	__u32 action;
	__s32 weight;
	__u32 forgotten;
};

struct new_rule_key {
	__u16 port;
	__u16 pad;
	__u32 addr;
};

struct new_rule {
	__s64 weight;
	__u32 since;
	__u16 action;
	__u16 pad;
};

struct old_count {
	__u64 packets;
	__u32 errors;
	__u32 kind;
	__u64 bytes;
	__u64 latest;
	char note[8];
};

struct new_count {
	__u64 bytes;
	__u64 errors;
	__u64 packets;
	__u64 fresh;
	char note[12];
	__u32 kind;
	__u64 latest;
};

#endif
