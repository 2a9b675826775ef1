// SPDX-License-Identifier: GPL-2.0-or-later
/* Changing the row: first what nobody sees yet, then the one link that packets follow. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/prog_kind.h"
#include "scripts/chain_links.h"
#include "scripts/chain_row.h"

/*
 * Say it if the two are built for different packets: of which is the newcomer, since the other one
 * is of the row's kind. Returns whether they are.
 */
static bool refuse_kind(const struct row *row, const struct member *from, const struct member *to,
                        const struct member *newcomer)
{
	const struct member *other = newcomer == from ? to : from;
	struct prog_kind front, back;
	bool frags;

	if (row->tc || prog_kind_of_array(from->link_fd, &front) ||
	    prog_kind_of(to->prog_fd, &back))
		return false;
	/* Else it is the attach type, which those who load it differ in. */
	if (front.frags == back.frags)
		return false;
	frags = newcomer == from ? front.frags : back.frags;
	rejected(-EINVAL,
	         "cannot put program %s %s %s of %s: it is for packets of %s, and the row is for "
	         "packets of %s",
	         newcomer->name, newcomer == from ? "before" : "behind", other->name,
	         row->config->iface.name, frags ? "several buffers" : "one buffer",
	         frags ? "one buffer" : "several buffers");
	hint("prepare the build of the row's kind, %s: %s --no-attach %s OBJECT",
	     frags ? "NAME.o" : "NAME_frags.o", cli_command("load"),
	     cli_interface(row->config->iface.name));
	return true;
}

static int refuse_link(const struct row *row, const struct member *from, const struct member *to,
                       const struct member *newcomer, int err)
{
	if (err == -EINVAL && refuse_kind(row, from, to, newcomer))
		return err;
	failed(err, "cannot put program %s %s %s of %s", newcomer->name,
	       newcomer == from ? "before" : "behind", newcomer == from ? to->name : from->name,
	       row->config->iface.name);
	if (err == -EINVAL)
		hint("a row is of one kind: all of %s, all of them NAME_frags.o or none, "
		     "and all loaded by %s",
		     row->tc ? "tc" : "XDP", cli_command("load"));
	return err;
}

/* newcomer: which of the two was not in the row. */
static int put_link(const struct row *row, const struct member *from, const struct member *to,
                    const struct member *newcomer)
{
	__u32 zero = 0;

	if (to && bpf_map_update_elem(from->link_fd, &zero, &to->prog_fd, BPF_ANY))
		return refuse_link(row, from, to, newcomer, -errno);
	if (!to && bpf_map_delete_elem(from->link_fd, &zero) && errno != ENOENT)
		return failed(-errno, "cannot end the row of %s behind %s", row->config->iface.name,
		              from->name);
	return 0;
}

int row_link(const struct row *row, const struct member *from, const struct member *to)
{
	return put_link(row, from, to, to);
}

/* A program that left the row keeps no link into it. */
static int retire(const struct row *row, const struct member *m)
{
	int err;

	if (m->link_fd < 0)
		return 0;
	err = config_wait();
	return err ? err : row_link(row, m, NULL);
}

static struct member *behind(struct row *row, size_t slot)
{
	return slot + 2 < row->len ? &row->member[slot + 2] : NULL;
}

int row_check_slot(const struct row *row, size_t slot, size_t limit)
{
	if (slot < limit)
		return 0;
	if (limit)
		return rejected(-ERANGE, "cannot use slot %zu of %s: the slots are 0 to %zu", slot,
		                row->config->iface.name, limit - 1);
	return rejected(-ERANGE, "cannot use slot %zu of %s: it has none", slot,
	                row->config->iface.name);
}

/* May m stand where something follows, or at all? */
static int check_member(const struct row *row, const struct member *m, bool something_follows,
                        size_t but_slot)
{
	for (size_t i = 1; i < row->len; i++)
		if (i != but_slot + 1 &&
		    (row->member[i].id == m->id ||
		     (m->link_fd >= 0 && row->member[i].link_fd == m->link_fd)))
			return rejected(-EEXIST, "cannot have program %s twice in the row of %s",
			                m->name, row->config->iface.name);
	if (m->link_fd >= 0 && m->link_fd == row->member[0].link_fd)
		return rejected(-ELOOP, "cannot put the head of the row of %s into it",
		                row->config->iface.name);
	if (!something_follows || m->link_fd >= 0)
		return 0;
	rejected(-EINVAL, "cannot put program %s before another: it hands nothing on", m->name);
	hint("it has no pinned map NAME%s; it can stand in the last slot", row_link_suffix(row));
	return -EINVAL;
}

int row_put(struct row *row, size_t slot, const struct member *m, const struct member *next,
            const struct member *fed, const struct stats_record *given)
{
	const struct member *before = &row->member[slot];
	struct stats_record next_given;
	int err = 0;

	/* First what follows it, which nobody sees before it is linked. */
	if (m->link_fd >= 0)
		err = put_link(row, m, next, m);
	if (!err)
		err = row_link(row, before, m);
	if (!err && next) {
		err = member_gave(fed, &next_given);
		if (!err)
			err = member_set_gave(m, &next_given);
	}
	return err ? err : member_set_gave(before, given);
}

int row_set(struct row *row, size_t slot, const char *pin)
{
	const struct member *old = &row->member[slot + 1], *next = behind(row, slot);
	const struct member *before = &row->member[slot];
	struct stats_record given = {};
	struct member m;
	int err = row_check_slot(row, slot, row->len - 1);

	if (!err)
		err = member_open(row, pin, &m);
	if (err)
		return err;
	err = check_member(row, &m, next, slot);
	/* The same program, loaded anew, has the link of before, and its numbers go on. */
	if (!err && m.link_fd >= 0 && m.link_fd == old->link_fd) {
		err = row_link(row, before, &m);
	} else if (!err) {
		if (!strcmp(m.name, old->name))
			err = member_gave(before, &given);
		if (!err)
			err = row_put(row, slot, &m, next, old, &given);
	}
	if (!err && m.link_fd != old->link_fd)
		err = retire(row, old);
	close(m.prog_fd);
	return err;
}

/* slot: the one behind it, which is never the first, since the head has a link. */
static int refuse_behind(const struct row *row, const struct member *m, size_t slot)
{
	char link[BPF_OBJ_NAME_LEN];
	int err = member_find_stray(row, m, link);

	if (err)
		return err;
	if (!*link)
		return rejected(-EINVAL, "cannot put a program behind %s: it hands nothing on",
		                m->name);
	rejected(-EXDEV,
	         "cannot put a program behind %s: its link '%s' is not the one that is "
	         "pinned",
	         m->name, link);
	hint("prepare the build that the row is of, and put it in its place: %s --no-attach %s "
	     "OBJECT && %s %s%s set %zu %s",
	     cli_command("load"), cli_interface(row->config->iface.name), cli_command("chain"),
	     row->tc ? "--tc " : "", cli_interface(row->config->iface.name), slot - 1,
	     cli_word(m->name));
	return -EXDEV;
}

int row_insert(struct row *row, size_t slot, const char *pin)
{
	const struct member *before = &row->member[slot], *next;
	const struct stats_record none = {};
	struct member m;
	int err = row_check_slot(row, slot, row->len);

	if (err)
		return err;
	if (row->len > CHAIN_PROGRAMS)
		return rejected(-ENOSPC, "cannot have more than %d programs in a row",
		                CHAIN_PROGRAMS);
	if (before->link_fd < 0)
		return refuse_behind(row, before, slot);
	next = slot + 1 < row->len ? &row->member[slot + 1] : NULL;
	err = member_open(row, pin, &m);
	if (err)
		return err;
	err = check_member(row, &m, next, row->len);
	if (!err)
		err = row_put(row, slot, &m, next, before, &none);
	close(m.prog_fd);
	return err;
}

int row_delete(struct row *row, size_t slot)
{
	const struct member *before = &row->member[slot];
	struct stats_record given;
	int err = row_check_slot(row, slot, row->len - 1);

	if (!err)
		err = row_link(row, before, behind(row, slot));
	if (!err)
		err = member_gave(&row->member[slot + 1], &given);
	if (!err)
		err = member_set_gave(before, &given);
	return err ? err : retire(row, &row->member[slot + 1]);
}
