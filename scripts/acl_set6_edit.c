// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A set is edited while programs read it, from the longest prefix of an address to the shortest. So
 * a prefix is put in before those in it go, and of those the shorter go first: whoever finds one
 * gone finds what has taken its place.
 */
#include <errno.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "scripts/acl_set6_order.h"
#include "scripts/acl_set6_table.h"

/* Up to so many, it is less to map what is looked at for each than all there is. */
#define PIECES_FEW 32

struct editing {
	struct set6 set;
	bool is_new;             /* not the one in the list's slot */
	__u8 state;              /* that all addresses of the pieces get */
	struct prefixes6 pieces; /* prefixes that are edited, in order */
	struct prefixes6 inner;  /* those in the table that are in a piece, ordered likewise */
	__u64 changed;
};

static int collect_inner(void *context, const struct prefix6 *prefix)
{
	struct editing *e = context;
	size_t n = prefixes6_up_to(&e->pieces, prefix->address);

	/* Pieces do not overlap: only the last that begins before it can have it. */
	return n && prefix6_is_within(prefix, &e->pieces.list[n - 1])
	               ? prefixes6_add(&e->inner, prefix)
	               : 0;
}

static int by_length(const void *a, const void *b)
{
	const struct prefix6 *x = a, *y = b;

	return x->length != y->length ? x->length - y->length : prefix6_compare(a, b);
}

static int find_inner(struct editing *e)
{
	int err = 0;

	if (e->pieces.len <= PIECES_FEW) {
		for (size_t i = 0; !err && i < e->pieces.len; i++)
			if (table6_has_longer(&e->set, e->pieces.list[i].length))
				err = order6_within(&e->set, &e->pieces.list[i], &e->inner);
		return err;
	}
	err = acl_rows_map_all(&e->set.rows);
	if (!err)
		err = table6_each(&e->set, collect_inner, e);
	if (!err)
		prefixes6_sort(&e->inner);
	return err;
}

/* Remove what is in a piece, from the shortest on; returns whether there was anything. */
static bool remove_inner(struct editing *e, const struct prefix6 *piece)
{
	const struct prefix6 *list = e->inner.list;
	struct prefix6 first = *piece;
	size_t begin = 0, end = prefixes6_up_to(&e->inner, prefix6_last(piece));

	if (piece->address.high || piece->address.low) {
		first.address = addr6_previous(piece->address);
		begin = prefixes6_up_to(&e->inner, first.address);
	}
	if (begin == end)
		return false;
	qsort(e->inner.list + begin, end - begin, sizeof(*list), by_length);
	for (size_t i = begin; i < end; i++)
		table6_remove(&e->set, list[i].address, list[i].length);
	return true;
}

/* -ENOSPC: nothing was done yet. */
static int edit_piece(struct editing *e, const struct prefix6 *piece)
{
	__u64 *rest = &e->set.rows.words[ACL_SET6_REST], wanted = e->state == ACL_SET6_IN;
	__u8 own, around = 0;
	bool is_new = false;
	int err = 0;

	if (!piece->length) {
		is_new = *rest != wanted;
		acl_store(rest, wanted);
	} else {
		own = table6_get(&e->set, piece->address, piece->length);
		around = table6_find(&e->set, piece->address, piece->length);
		is_new = own ? own != e->state : around != e->state;
		err = acl_rows_error(&e->set.rows);
		if (err)
			return err;
		/* Where all around is the same, a prefix is only needed in place of another. */
		if (own || around != e->state)
			err = table6_put(&e->set, piece);
		if (err)
			return err;
	}
	is_new |= remove_inner(e, piece);
	if (piece->length && around == e->state)
		table6_remove(&e->set, piece->address, piece->length);
	e->changed += is_new;
	return 0;
}

static int collect(void *context, const struct prefix6 *prefix)
{
	return prefixes6_add(context, prefix);
}

/* Go on with a copy that has room for so many more. */
static int enlarge(struct editing *e, __u64 more)
{
	struct prefixes6 all = {};
	struct set6 copy;
	int err = acl_rows_map_all(&e->set.rows);

	if (err)
		return err;
	err = table6_each(&e->set, collect, &all);
	if (err) {
		failed(err, "cannot copy %zu prefixes", all.len);
	} else {
		prefixes6_sort(&all);
		err = table6_compile(&copy, &all, all.len + more);
	}
	prefixes6_free(&all);
	if (err)
		return err;
	copy.rows.words[ACL_SET6_REST] = e->set.rows.words[ACL_SET6_REST];
	set6_close(&e->set);
	e->set = copy;
	e->is_new = true;
	return 0;
}

static int edit_all(struct editing *e, int sets_fd, __u32 list)
{
	int err;

	/* Who was killed while he edited it left an order that cannot be relied on. */
	err = order6_is_known(&e->set) ? 0 : enlarge(e, e->pieces.len);
	if (err)
		return err;
	err = find_inner(e);
	if (err)
		return failed(err, "cannot look for what is in %zu prefixes", e->pieces.len);
	for (size_t i = 0; !err && i < e->pieces.len; i++) {
		err = edit_piece(e, &e->pieces.list[i]);
		while (err == -ENOSPC) {
			err = enlarge(e, e->pieces.len - i);
			if (!err)
				err = edit_piece(e, &e->pieces.list[i]);
		}
	}
	if (!err)
		err = acl_rows_error(&e->set.rows);
	if (!err)
		err = order6_settle(&e->set, false);
	return !err && e->is_new ? set6_publish(&e->set, sets_fd, list) : err;
}

int set6_edit(int sets_fd, __u32 list, struct ranges6 *ranges, enum set_edit edit, __u64 *changed)
{
	struct editing e = { .state = edit == SET_ADD ? ACL_SET6_IN : ACL_SET6_HOLE };
	int err;

	err = ranges6_sort(ranges, false);
	if (!err)
		err = prefixes6_cut(&e.pieces, ranges, e.state);
	if (err) {
		failed(err, "cannot take %zu ranges apart", ranges->len);
		goto out;
	}
	err = e.pieces.len <= PIECES_FEW ? set6_open_parts(&e.set, sets_fd, list, true)
	                                 : set6_open(&e.set, sets_fd, list, true);
	if (err == -ENOENT && edit == SET_DEL) {
		err = 0;
		goto out;
	}
	if (err == -ENOENT) {
		err = table6_make(&e.set, e.pieces.len);
		e.is_new = true;
	}
	if (!err) {
		err = edit_all(&e, sets_fd, list);
		set6_close(&e.set);
	}
	if (!err && changed)
		*changed = e.changed;
out:
	prefixes6_free(&e.pieces);
	prefixes6_free(&e.inner);
	return err;
}
