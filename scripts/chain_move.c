// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moving a program within the row. It has one link, so it cannot be in both places: it is out of
 * the row until no packet is in it any more. A killed tool must not leave it there, so two
 * processes look after it: one moves it, in a session of its own, and the other waits and steps in
 * for it.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "scripts/chain_links.h"

/* All but the last of a row hand packets on; would it be so after the move? */
static bool can_move(const struct row *row, size_t from, size_t to)
{
	size_t last = row->len - 2;

	if (row->member[from + 1].link_fd < 0)
		return false; /* it is the last, and goes elsewhere */
	return to != last || row->member[last + 1].link_fd >= 0;
}

/* The row as it is without the program in a slot, which goes behind its end, to be closed there. */
static void leave_out(struct row *row, size_t slot)
{
	struct member m = row->member[slot + 1];

	memmove(&row->member[slot + 1], &row->member[slot + 2], (row->len - slot - 2) * sizeof(m));
	row->member[--row->len] = m;
}

static int take_out(const struct row *row, size_t slot)
{
	const struct member *before = &row->member[slot], *m = &row->member[slot + 1];
	struct stats_record given;
	int err = row_link(row, before, slot + 2 < row->len ? &row->member[slot + 2] : NULL);

	if (!err)
		err = member_gave(m, &given);
	return err ? err : member_set_gave(before, &given);
}

/* The program that was left out comes back, now that no packet is in it. */
static int bring_back(struct row *row, size_t to, const struct stats_record *given)
{
	int err = config_wait();

	return err ? err
	           : row_put(row, to, &row->member[row->len],
	                     to + 1 < row->len ? &row->member[to + 1] : NULL, &row->member[to],
	                     given);
}

/* It cannot be where it should go, as the kernel ran out of memory: back to where it was. */
static int move_now(struct row *row, size_t from, size_t to, const struct stats_record *given)
{
	int err = take_out(row, from);

	leave_out(row, from);
	if (!err)
		err = bring_back(row, to, given);
	if (err)
		bring_back(row, from, given);
	row->len++;
	return err;
}

/* Does the link of the one before name the program? Then it is there, whatever else was done. */
static bool is_behind(const struct member *before, const struct member *m)
{
	__u32 zero = 0, id = 0;

	return !bpf_map_lookup_elem(before->link_fd, &zero, &id) && id == m->id;
}

/* Whoever moved it was killed. */
static int step_in(struct row *row, size_t from, size_t to, const struct stats_record *given)
{
	bool moved;
	int err;

	if (is_behind(&row->member[from], &row->member[from + 1]))
		return rejected(-EINTR, "cannot move slot %zu of %s: the process for it was killed",
		                from, row->config->iface.name);
	leave_out(row, from);
	moved = is_behind(&row->member[to], &row->member[row->len]);
	err = moved ? 0 : bring_back(row, to, given);
	row->len++;
	return err;
}

/* In a process that neither a terminal nor the end of its parent ends. */
static _Noreturn void move_apart(struct row *row, size_t from, size_t to,
                                 const struct stats_record *given)
{
	static const int polite[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };

	setsid();
	for (size_t i = 0; i < sizeof(polite) / sizeof(polite[0]); i++)
		signal(polite[i], SIG_IGN);
	_exit(move_now(row, from, to, given) ? EXIT_FAILURE : EXIT_SUCCESS);
}

int row_move(struct row *row, size_t from, size_t to)
{
	int err = row_check_slot(row, from, row->len - 1), status;
	struct stats_record given;
	pid_t pid;

	if (!err)
		err = row_check_slot(row, to, row->len - 1);
	if (err || from == to)
		return err;
	if (!can_move(row, from, to))
		return rejected(-EINVAL,
		                "cannot move slot %zu of %s to %zu: the last program of the "
		                "row hands nothing on",
		                from, row->config->iface.name, to);
	err = row_hits(row, from, &given);
	if (err)
		return err;
	pid = fork();
	if (pid < 0)
		return failed(-errno, "cannot start a process for the move");
	if (!pid)
		move_apart(row, from, to, &given);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return failed(-errno, "cannot wait for the move");
	if (WIFEXITED(status))
		return WEXITSTATUS(status) ? -ECANCELED : 0; /* reported there */
	return step_in(row, from, to, &given);
}
