// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "scripts/acl_set6_table.h"

static int check(struct set6 *set, __u32 list)
{
	if (set->rows.len > ACL_SET6_BLOOM_ROW &&
	    set->rows.words[ACL_SET6_MAGIC_WORD] == ACL_SET6_MAGIC)
		return 0;
	acl_rows_close(&set->rows);
	return rejected(-EINVAL, "cannot read the IPv6 addresses of list %u: another format", list);
}

int set6_open(struct set6 *set, int sets_fd, __u32 list, bool writable)
{
	int err = acl_rows_open(&set->rows, sets_fd, list, writable);

	set->fresh = (struct slots6){};
	return err ? err : check(set, list);
}

int set6_open_parts(struct set6 *set, int sets_fd, __u32 list, bool writable)
{
	int err = acl_rows_open_parts(&set->rows, sets_fd, list, writable);

	set->fresh = (struct slots6){};
	return err ? err : check(set, list);
}

void set6_close(struct set6 *set)
{
	acl_rows_close(&set->rows);
	free(set->fresh.list);
	set->fresh = (struct slots6){};
}

int set6_publish(const struct set6 *set, int sets_fd, __u32 list)
{
	return acl_rows_publish(&set->rows, sets_fd, list);
}

int set6_remove(int sets_fd, __u32 list)
{
	return acl_rows_remove(sets_fd, list);
}

bool set6_contains(const struct set6 *set, struct addr6 address)
{
	return table6_find(set, address, 129) == ACL_SET6_IN;
}

__u64 set6_count(const struct set6 *set)
{
	__u64 count = set->rows.words[ACL_SET6_REST];

	for (int length = 1; length <= 128; length++)
		count += set->rows.words[ACL_SET6_COUNTS + length];
	return count;
}

static int collect(void *context, const struct prefix6 *prefix)
{
	return prefixes6_add(context, prefix);
}

/* The walk over all addresses: which prefixes the place that it has come to is in. */
struct walk {
	int (*each)(void *context, const struct range6 *range);
	void *context;
	struct prefix6 in[130]; /* from ::/0 to the longest */
	int depth;
	struct addr6 at; /* all before it was told */
	bool at_end;     /* behind the last address */
	struct range6 range;
	bool open; /* the range may go on */
};

/* From the place on to `last`, all is as the longest prefix says. */
static int go_to(struct walk *walk, struct addr6 last)
{
	int err = 0;

	if (walk->at_end || addr6_compare(walk->at, last) > 0)
		return 0;
	if (walk->in[walk->depth - 1].state != ACL_SET6_IN) {
		if (walk->open)
			err = walk->each(walk->context, &walk->range);
		walk->open = false;
	} else if (walk->open) {
		walk->range.last = last;
	} else {
		walk->range = (struct range6){ walk->at, last };
		walk->open = true;
	}
	walk->at = addr6_next(last);
	walk->at_end = !walk->at.high && !walk->at.low;
	return err;
}

static int enter(struct walk *walk, const struct prefix6 *prefix)
{
	struct addr6 last;
	int err = 0;

	while (!err && walk->depth) {
		last = prefix6_last(&walk->in[walk->depth - 1]);
		if (addr6_compare(last, prefix->address) >= 0)
			break;
		err = go_to(walk, last);
		walk->depth--;
	}
	if (!err && walk->depth && (prefix->address.high || prefix->address.low))
		err = go_to(walk, addr6_previous(prefix->address));
	walk->in[walk->depth++] = *prefix;
	return err;
}

static int walk_all(struct walk *walk, const struct prefixes6 *all)
{
	int err = 0;

	for (size_t i = 0; !err && i < all->len; i++)
		err = enter(walk, &all->list[i]);
	for (; !err && walk->depth; walk->depth--)
		err = go_to(walk, prefix6_last(&walk->in[walk->depth - 1]));
	return !err && walk->open ? walk->each(walk->context, &walk->range) : err;
}

int set6_for_each(const struct set6 *set, int (*each)(void *context, const struct range6 *range),
                  void *context)
{
	struct prefix6 rest = { .state = set->rows.words[ACL_SET6_REST] ? ACL_SET6_IN
		                                                        : ACL_SET6_HOLE };
	struct walk walk = { .each = each, .context = context };
	struct prefixes6 all = {};
	int err;

	err = collect(&all, &rest);
	if (!err)
		err = table6_each(set, collect, &all);
	if (err) {
		failed(err, "cannot put %zu prefixes in order", all.len);
	} else {
		prefixes6_sort(&all);
		err = walk_all(&walk, &all);
	}
	prefixes6_free(&all);
	return err;
}

struct search {
	struct addr6 address;
	struct range6 *around;
};

/* Narrow what is around down by one range of the set. */
static int look_at(void *context, const struct range6 *range)
{
	struct search *search = context;

	if (addr6_compare(range->last, search->address) < 0) {
		search->around->first = addr6_next(range->last);
		return 0;
	}
	if (addr6_compare(range->first, search->address) > 0)
		search->around->last = addr6_previous(range->first);
	else
		*search->around = *range;
	return 1;
}

int set6_around(const struct set6 *set, struct addr6 address, struct range6 *around)
{
	struct search search = { .address = address, .around = around };
	int err;

	*around = (struct range6){ { 0, 0 }, { ~0ULL, ~0ULL } };
	err = set6_for_each(set, look_at, &search);
	return err < 0 ? err : 0;
}
