// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/interface.h"
#include "bpffs/log.h"
#include "pinning/load_call.h"
#include "pinning/load_shared.h"
#include "pinning/load_together.h"

/* A load in whose way others come while it copies is tried so often. */
#define TRIES 3

/*
 * The exit status of one load that succeeded: some of its maps may not have got their pins, or not
 * all of their content. A dry run ends as the load would, as far as that does not depend on what
 * packets do meanwhile.
 */
static int status_of(const struct load_report *report)
{
	for (size_t i = 0; i < report->plan.len; i++)
		if (load_is_own(report, &report->plan.maps[i]) &&
		    report->plan.maps[i].state == PLAN_REFUSED)
			return EXIT_PARTLY;
	for (size_t i = 0; i < report->carry.len; i++)
		if (carry_left(report->carry.list[i]) || carry_lost(report->carry.list[i]))
			return EXIT_PARTLY;
	if (report->globals.all.unfit)
		return EXIT_PARTLY;
	return report->unfinished ? EXIT_PARTLY : EXIT_SUCCESS;
}

/* Say what came of one. Returns the exit status. */
static int tell(const struct interface *iface, int err, const struct load_report *report,
                const struct explanation *explanation, const struct load_call *call)
{
	if (err) {
		if (!report->explained || (call->print.json && call->print.explain))
			load_print_failed(iface, explanation, &call->print);
		return report->switched ? EXIT_PARTLY : EXIT_KERNEL;
	}
	load_print(iface, report, explanation, &call->print);
	return status_of(report);
}

/* Status -1: others came in between, or the link takes another kind of program; to be tried again
 * with the object opened anew. */
static int load_one(const struct interface *iface, struct object *object,
                    const struct load_call *call)
{
	struct load_options *how = call->how;
	struct explanation *explanation = &object->explanation;
	struct load_report report;
	int status, err;

	explain_next_interface(explanation);
	err = load_program(iface, object, how, &report);
	explain_end(explanation, err, report.refusal, how->dry_run ? "--dry-run" : "--no-attach");
	call->how->untyped = err && report.other_type;
	if (call->how->untyped)
		note("trying a program without expected attach type, as other loaders make them");
	status = err && (report.moved || report.other_type)
	                 ? -1
	                 : tell(iface, err, &report, explanation, call);
	load_report_free(&report);
	return status;
}

/* Of those that share maps which are carried over, each by itself: what came of it. */
static int tell_member(const struct load_member *member, const char *ifname,
                       const struct load_call *call)
{
	if (!member->iface) {
		failed(-EAGAIN, "cannot load onto %s: it was not there in time", ifname);
		return EXIT_KERNEL;
	}
	return tell(member->iface, member->err, &member->report, &member->explanation, call);
}

/* Returns 0 or the exit status. */
static int open_object(struct object *object, const struct load_call *call)
{
	int err = object_open(object, call->choice);

	object->explanation.wanted = call->print.explain;
	if (err) {
		explain_end(&object->explanation, err, "", "");
		load_print_failed(NULL, &object->explanation, &call->print);
		return EXIT_KERNEL;
	}
	if (call->how->has_tc && object->hook == HOOK_XDP)
		return cli_misused("load", "--tc is for the tc hooks, and %s is an XDP program",
		                   bpf_program__name(object->prog));
	if (call->how->has_mode && object->hook != HOOK_XDP)
		return cli_misused("load", "--mode is for XDP, and %s is a tc program",
		                   bpf_program__name(object->prog));
	if (call->how->join && object->hook != HOOK_XDP)
		return cli_misused("load", "--join is for XDP, and %s is a tc program",
		                   bpf_program__name(object->prog));
	return carry_check_classes(object, call->how->classes) ||
	                       mismatch_check(object, &call->how->mismatch)
	               ? EXIT_USAGE
	               : EXIT_SUCCESS;
}

void load_explain_early(struct explanation *e, enum explain_stage stage, const char *name, int err,
                        const struct load_call *call)
{
	struct interface iface = {};

	if (!call->print.explain)
		return;
	if (name)
		snprintf(iface.name, sizeof(iface.name), "%s", name);
	explain_next_interface(e);
	explain_try(e, stage);
	explain_end(e, err, "", "");
	load_print_failed(name ? &iface : NULL, e, &call->print);
}

/* The interface as it is called now: its name may be another's since it was found. */
static int find_again(struct interface *iface)
{
	char name[IF_NAMESIZE];
	int err;

	strcpy(name, iface->name);
	err = interface_by_index(iface, iface->ifindex);
	return err ? failed(err, "cannot find interface %s any more", name) : 0;
}

/* A program and maps of its own for one interface. */
static int load_alone(struct interface *iface, const struct load_call *call)
{
	struct explanation none = {};
	struct object object;
	int status = -1, err;

	for (int try = 1; status < 0; try++) {
		err = try > 1 ? find_again(iface) : 0;
		if (err) {
			load_explain_early(&none, EXPLAIN_ATTACH, iface->name, err, call);
			return EXIT_KERNEL;
		}
		/* They cannot come in between for ever: the last time they wait. */
		call->how->keep_lock = try == TRIES;
		status = open_object(&object, call);
		if (!status)
			status = load_one(iface, &object, call);
		object_close(&object);
	}
	return status;
}

/* The interface was named before, by this name or another one. */
static bool is_again(const struct interface *ifaces, int at)
{
	for (int i = 0; i < at; i++)
		if (ifaces[i].ifindex == ifaces[at].ifindex)
			return true;
	return false;
}

/* One program and one set of maps for all of them. */
static int open_shared(struct object *object, char **ifnames, struct interface *ifaces, int count,
                       const struct load_call *call)
{
	int status = open_object(object, call), err;

	if (status)
		return status;
	err = load_share(ifnames, ifaces, count, object, call->how);
	if (err)
		load_explain_early(&object->explanation, EXPLAIN_MAPS, NULL, err, call);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}

/* Those that were found, each once. Returns NULL without memory, reported. */
static struct load_member *load_members(struct object *object, const struct interface *ifaces,
                                        int count, const struct load_call *call)
{
	struct load_member *members = calloc(count, sizeof(*members));

	if (!members) {
		failed(-ENOMEM, "cannot load onto %d interfaces", count);
		return NULL;
	}
	for (int i = 0; i < count; i++)
		if (ifaces[i].ifindex && !is_again(ifaces, i))
			members[i].iface = &ifaces[i];
	load_together(members, count, object, call->how);
	return members;
}

static void free_members(struct load_member *members, int count)
{
	for (int i = 0; members && i < count; i++)
		load_report_free(&members[i].report);
	free(members);
}

/* Those that share are counted before they are looked at. Returns how many names are left. */
static int drop_repeated(char **ifnames, int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++) {
		bool again = false;

		for (int j = 0; j < kept && !again; j++)
			again = !strcmp(ifnames[j], ifnames[i]);
		if (!again)
			ifnames[kept++] = ifnames[i];
	}
	return kept;
}

static int load_all(char **ifnames, int count, bool shared, const struct load_call *call)
{
	struct interface *ifaces = calloc(count, sizeof(*ifaces));
	char **got = calloc(count, sizeof(*got)); /* the interfaces that have the program */
	struct load_session session = { .interfaces = count };
	int done = 0, partly = 0, got_len = 0, status = EXIT_SUCCESS;
	enum hook hook = HOOK_XDP;
	struct load_member *members = NULL;
	struct explanation none = {};
	struct object object;
	int err;

	if (!ifaces || !got) {
		free(ifaces);
		free(got);
		failed(-ENOMEM, "cannot load onto %d interfaces", count);
		return EXIT_KERNEL;
	}
	if (shared) {
		/* An object that others use already cannot be opened anew. */
		call->how->keep_lock = true;
		call->how->session = &session;
		load_print_hold();
		status = open_shared(&object, ifnames, ifaces, count, call);
	}
	if (!status && session.together) {
		members = load_members(&object, ifaces, count, call);
		status = members ? EXIT_SUCCESS : EXIT_KERNEL;
	}
	for (int i = 0; i < count && (!status || i > 0); i++) {
		struct interface *iface = &ifaces[i];

		err = iface->ifindex ? 0 : interface_find_over(iface, ifnames[i], &session.netlink);
		if (err) {
			memset(&none, 0, sizeof(none));
			load_explain_early(shared ? &object.explanation : &none, EXPLAIN_ATTACH,
			                   ifnames[i], err, call);
			status = EXIT_KERNEL;
		} else if (is_again(ifaces, i)) {
			done++;
			continue;
		} else {
			status = members  ? tell_member(&members[i], ifnames[i], call)
			         : shared ? load_one(iface, &object, call)
			                  : load_alone(iface, call);
		}
		if (shared && load_print_is_full()) {
			load_session_pause(&session);
			fflush(stdout);
		}
		if (status == EXIT_USAGE)
			break;
		if (status != EXIT_KERNEL)
			got[got_len++] = ifnames[i];
		done += status != EXIT_KERNEL;
		partly += status == EXIT_PARTLY;
	}
	free_members(members, count);
	load_hint_followers(&session);
	if (shared) {
		hook = object.hook;
		object_close(&object);
	}
	load_session_end(&session);
	if (shared && got_len && got_len != count && !call->how->dry_run &&
	    load_correct_shared(got, got_len, hook, count))
		partly++;
	free(ifaces);
	free(got);
	if (!done || status == EXIT_USAGE)
		return status;
	return done == count && !partly ? EXIT_SUCCESS : EXIT_PARTLY;
}

int load_call(char **ifnames, int count, bool shared, const struct load_call *call)
{
	return load_all(ifnames, shared ? drop_repeated(ifnames, count) : count, shared, call);
}
