// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "compat/plugin.h"
#include "compat/plugin_tool.h"
#include "compat/prepared.h"
#include "compat/prepared_turn.h"
#include "compat/replaced.h"

#define CREATED_MAX 32

/* A load whose program loses its pin to another one before it is opened is tried so often. */
#define TRIES 5

static struct {
	struct prepared prog;
	char ifname[IF_NAMESIZE];
	const char *hook;
	char id[16];     /* "" if none was prepared */
	char path[512];  /* where it is pinned */
	char old_id[16]; /* of the program in the filter's place, or "" */
	/* Maps that were made for it, beside those that were there. */
	char created[CREATED_MAX][16];
	size_t created_len;
	int turn;
} pending = { .prog.fd = -1, .turn = -1 };

static struct json_object *member(struct json_object *in, const char *key)
{
	struct json_object *out = NULL;

	json_object_object_get_ex(in, key, &out);
	return out;
}

static void note_created(struct json_object *maps)
{
	size_t count = maps ? json_object_array_length(maps) : 0;

	for (size_t i = 0; i < count && pending.created_len < CREATED_MAX; i++) {
		struct json_object *map = json_object_array_get_idx(maps, i);
		const char *state = json_object_get_string(member(map, "state"));

		if (state && !strcmp(state, "created"))
			snprintf(pending.created[pending.created_len++], sizeof(pending.created[0]),
			         "%lld", (long long)json_object_get_int64(member(map, "id")));
	}
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* Open the pin of that program. Returns a descriptor or a negative errno; -EAGAIN: of another one.
 */
static int open_pin(const char *path, __u32 id)
{
	union bpf_attr attr = { .pathname = (__u64)(unsigned long)path };
	struct bpf_prog_info info = {};
	int fd = bpf(BPF_OBJ_GET, &attr);

	if (fd < 0)
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (__u64)(unsigned long)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) || info.id != id) {
		close(fd);
		return -EAGAIN;
	}
	return fd;
}

/*
 * Open it. Returns a descriptor, -1, reported, or -EAGAIN: somebody has loaded another program of
 * this name in between, and may have taken that back already.
 */
static int open_prog(const char *path, __u32 id)
{
	int fd = open_pin(path, id);

	if (fd >= 0 || fd == -EAGAIN)
		return fd;
	return fd == -ENOENT ? -EAGAIN : plugin_failed("cannot open %s: %s", path, strerror(-fd));
}

/* Take over what 'load --json' says. Returns 0, -1, reported, or -EAGAIN, with last reported. */
static int take_over(const char *text, bool last)
{
	struct json_object *report = text ? json_tokener_parse(text) : NULL;
	struct json_object *prog = report ? member(report, "program") : NULL;
	const char *path = prog ? json_object_get_string(member(prog, "path")) : NULL;
	__u32 id = prog ? (__u32)json_object_get_int64(member(prog, "id")) : 0;

	if (!path || !id) {
		json_object_put(report);
		return plugin_failed("cannot understand what 'load' says");
	}
	note_created(member(report, "maps"));
	snprintf(pending.id, sizeof(pending.id), "%u", id);
	snprintf(pending.prog.name, sizeof(pending.prog.name), "%s",
	         json_object_get_string(member(prog, "name")));
	snprintf(pending.path, sizeof(pending.path), "%s", path);
	pending.prog.fd = open_prog(path, id);
	if (pending.prog.fd == -EAGAIN && last)
		plugin_failed("cannot take %s: another program came there meanwhile", path);
	json_object_put(report);
	return pending.prog.fd < 0 ? pending.prog.fd : 0;
}

/* Which program of the object, and for which hook. */
static void add_target(struct plugin_words *words, const char *section, const char *program)
{
	plugin_add(words, "--hook");
	plugin_add(words, pending.hook);
	if (section) {
		plugin_add(words, "--section");
		plugin_add(words, section);
	}
	if (program) {
		plugin_add(words, "--prog-name");
		plugin_add(words, program);
	}
}

/* Replaced in its place by load, or prepared by it, so that tc then finds all as it needs it. */
static void set_hinted(struct plugin_words *words, const char *object, const char *section,
                       const char *program)
{
	struct plugin_words command = {};

	plugin_add(&command, "load");
	plugin_add(&command, *pending.old_id ? "--expect" : "--no-attach");
	if (*pending.old_id)
		plugin_add(&command, pending.old_id);
	add_target(&command, section, program);
	plugin_add(&command, pending.ifname);
	plugin_add(&command, object);
	plugin_set_hinted(words, *pending.old_id ? "" : "before this, ", &command);
}

/* Take back a program, with what was made for it. */
static void take_back(void)
{
	struct plugin_words words = { .outlives = true, .in_turn = true };

	plugin_add(&words, "unload");
	plugin_add(&words, "--prepared");
	plugin_add(&words, "--hook");
	plugin_add(&words, pending.hook);
	plugin_add(&words, "--id");
	plugin_add(&words, pending.id);
	for (size_t i = 0; i < pending.created_len; i++) {
		plugin_add(&words, "--map");
		plugin_add(&words, pending.created[i]);
	}
	plugin_add(&words, "--");
	plugin_add(&words, pending.ifname);
	/* It refuses to take back what is attached, which is as it should be. */
	plugin_run(&words, PLUGIN_QUIET, NULL);
}

struct prepared *prepared_load(const char *object, const char *section, const char *program)
{
	struct plugin_words words = { .in_turn = true };
	int status = -EAGAIN;
	char *text;

	plugin_add(&words, "load");
	plugin_add(&words, "--no-attach");
	plugin_add(&words, "--json");
	if (*pending.old_id) {
		plugin_add(&words, "--expect");
		plugin_add(&words, pending.old_id);
	}
	add_target(&words, section, program);
	plugin_add(&words, "--");
	plugin_add(&words, pending.ifname);
	plugin_add(&words, object);
	set_hinted(&words, object, section, program);
	for (int try = 1; status == -EAGAIN && try <= TRIES; try++) {
		status = plugin_run(&words, PLUGIN_READ, &text);
		/* Partly done: a map has no pin, which it said; the program is there. */
		if (status == 0 || status == 3)
			status = take_over(text, try == TRIES);
		free(text);
		/* It may have left its name to the other one, and be pinned beside that. */
		if (status == -EAGAIN && try < TRIES)
			take_back();
	}
	return status ? NULL : &pending.prog;
}

/* Drop what is left of the program that was there before, if it runs nowhere else. */
static void drop_old(void)
{
	struct plugin_words words = { .outlives = true, .in_turn = true };

	plugin_add(&words, "unload");
	plugin_add(&words, "--prepared");
	plugin_add(&words, "--all");
	/* Not the hook: of an ingress qdisc, one that was meant for egress is on ingress. */
	plugin_add(&words, "--id");
	plugin_add(&words, pending.old_id);
	plugin_add(&words, "--");
	plugin_add(&words, pending.ifname);
	plugin_run(&words, PLUGIN_HIDE, NULL);
}

/* Our pin of it is still there, by the name that it got. */
static bool is_pinned(void)
{
	int fd = open_pin(pending.path, (__u32)strtoul(pending.id, NULL, 10));

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int prepared_check(const struct nlmsghdr *request)
{
	__u32 old_id = (__u32)strtoul(pending.old_id, NULL, 10);

	if (replaced_prog(request) != old_id)
		return plugin_failed("cannot go on with the filter: another program came to its "
		                     "place meanwhile");
	if (is_pinned())
		return 0;
	return plugin_failed("cannot go on with the filter: others have dropped %s, or put "
	                     "another program there",
	                     pending.path);
}

/* Others wait for an end, but not for ever. */
static void tell_dropped(void)
{
	plugin_note("program %s, which is on %s of %s now, is not ours: others have dropped its "
	            "pin meanwhile",
	            pending.id, pending.hook, pending.ifname);
	plugin_hint("adopt it: %s pin %s", plugin_front(), pending.ifname);
}

void prepared_settle(bool done)
{
	if (pending.prog.fd >= 0)
		close(pending.prog.fd);
	pending.prog.fd = -1;
	/* Without a turn, another one may have replaced it already. */
	if (*pending.id && !(done && pending.turn >= 0))
		take_back();
	if (*pending.id && done && !is_pinned())
		tell_dropped();
	/* Also if that was taken back, for the same reason. */
	if (*pending.old_id)
		drop_old();
	prepared_turn_end(pending.turn);
	pending.turn = -1;
}

int prepared_begin(const struct nlmsghdr *request, const char *hook)
{
	const struct tcmsg *tc = NLMSG_DATA(request);
	__u32 old_id;

	if (plugin_ifname(tc->tcm_ifindex, pending.ifname))
		return -1;
	/* Before that, what is there may be about to be replaced by another one like this. */
	pending.turn = prepared_turn_wait(request->nlmsg_type != RTM_DELTFILTER);
	old_id = replaced_prog(request);
	if (old_id && request->nlmsg_flags & NLM_F_EXCL) {
		prepared_turn_end(pending.turn);
		pending.turn = -1;
		return plugin_failed("cannot add the filter: one of that pref and handle is there");
	}
	pending.hook = hook;
	pending.created_len = 0;
	*pending.id = '\0';
	*pending.old_id = '\0';
	if (old_id)
		snprintf(pending.old_id, sizeof(pending.old_id), "%u", old_id);
	return 0;
}
