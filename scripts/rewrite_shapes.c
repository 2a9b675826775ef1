// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/rewrite_shapes.h"

static void prefix_mask(__u8 *mask, unsigned int bits)
{
	for (unsigned int i = 0; i < bits; i++)
		mask[i / 8] |= 0x80 >> i % 8;
}

void shape_mask(struct rewrite_key *mask, const struct rewrite_key *match)
{
	*mask = (struct rewrite_key){ .fields = match->fields,
		                      .saddr_bits = match->saddr_bits,
		                      .daddr_bits = match->daddr_bits };
	if (match->fields & REWRITE_FIELD_DIRECTION)
		mask->direction = 0xff;
	if (match->fields & REWRITE_FIELD_FAMILY)
		mask->family = 0xff;
	if (match->fields & REWRITE_FIELD_VLAN)
		mask->vlan = 0xffff;
	if (match->fields & REWRITE_FIELD_PROTOCOL)
		mask->protocol = 0xff;
	if (match->fields & REWRITE_FIELD_SPORT)
		mask->sport = 0xffff;
	if (match->fields & REWRITE_FIELD_DPORT)
		mask->dport = 0xffff;
	prefix_mask(mask->saddr, match->saddr_bits);
	prefix_mask(mask->daddr, match->daddr_bits);
}

/* How many things a rule looks at. */
static int things(const struct rewrite_key *key)
{
	return __builtin_popcount(key->fields) + !!key->saddr_bits + !!key->daddr_bits;
}

int shape_compare(const struct rewrite_key *a, const struct rewrite_key *b)
{
	if (things(a) != things(b))
		return things(b) - things(a);
	if (a->daddr_bits != b->daddr_bits)
		return b->daddr_bits - a->daddr_bits;
	if (a->saddr_bits != b->saddr_bits)
		return b->saddr_bits - a->saddr_bits;
	return b->fields - a->fields;
}

int shapes_collect(const struct rule *list, size_t len, struct rewrite_shapes *shapes)
{
	memset(shapes, 0, sizeof(*shapes));
	for (size_t i = 0; i < len; i++) {
		if (i && !shape_compare(&list[i - 1].match, &list[i].match))
			continue;
		if (shapes->count == REWRITE_SHAPES)
			return -ENOSPC;
		shape_mask(&shapes->masks[shapes->count++], &list[i].match);
	}
	return 0;
}

int shapes_refused(void)
{
	rejected(-ENOSPC, "cannot look at more than %d combinations of things", REWRITE_SHAPES);
	hint("rules that look at the same things, with other values, are one");
	return -ENOSPC;
}

static int store_half(const struct rules *rules, __u32 half, const struct rewrite_shapes *shapes)
{
	if (bpf_map_update_elem(rules->shapes_fd, &half, shapes, BPF_ANY))
		return failed(-errno, "cannot change map '%s'", REWRITE_SHAPES_MAP);
	return 0;
}

static int read_halves(const struct rules *rules, struct rewrite_shapes halves[2])
{
	for (__u32 half = 0; half < 2; half++)
		if (bpf_map_lookup_elem(rules->shapes_fd, &half, &halves[half]))
			return failed(-errno, "cannot read map '%s'", REWRITE_SHAPES_MAP);
	return 0;
}

/* The one that programs use: as they choose it. */
static __u32 half_in_use(const struct rewrite_shapes halves[2])
{
	return halves[0].turn < halves[1].turn ? 1 : 0;
}

int shapes_read(const struct rules *rules, struct rewrite_shapes *shapes)
{
	struct rewrite_shapes halves[2];
	int err = read_halves(rules, halves);

	if (!err)
		*shapes = halves[half_in_use(halves)];
	return err;
}

bool shapes_have(const struct rewrite_shapes *shapes, const struct rewrite_key *match)
{
	for (__u32 i = 0; i < shapes->count && i < REWRITE_SHAPES; i++)
		if (!shape_compare(&shapes->masks[i], match))
			return true;
	return false;
}

/*
 * No turn is greater than the last one: both begin anew. The half in use stays so at each step, and
 * has the same shapes throughout.
 */
static int begin_anew(const struct rules *rules, struct rewrite_shapes halves[2])
{
	__u32 used = half_in_use(halves);
	int err;

	halves[!used].turn = 0;
	halves[used].turn = 1;
	err = store_half(rules, !used, &halves[!used]);
	return err ? err : store_half(rules, used, &halves[used]);
}

int shapes_store(const struct rules *rules, struct rewrite_shapes *shapes)
{
	struct rewrite_shapes halves[2];
	__u32 half, turn;
	int err = read_halves(rules, halves);

	if (!err && halves[half_in_use(halves)].turn == UINT32_MAX)
		err = begin_anew(rules, halves);
	if (err)
		return err;
	half = !half_in_use(halves);
	turn = halves[!half].turn + 1;
	if (halves[!half].count == shapes->count &&
	    !memcmp(halves[!half].masks, shapes->masks, sizeof(shapes->masks)))
		return 0;
	/* Somebody may still use this half, since the edit before. */
	err = config_wait();
	shapes->turn = 0;
	if (!err)
		err = store_half(rules, half, shapes);
	shapes->turn = turn;
	return err ? err : store_half(rules, half, shapes);
}
