// SPDX-License-Identifier: GPL-2.0-or-later
/* Capabilities: which verb lacks which. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include "pinning/doctor_findings.h"

#define CAPS_MAX 4
/* No capability has this number. */
#define END (-1)

static const struct {
	const char *verb;
	cap_value_t needs[CAPS_MAX]; /* without these it fails */
	cap_value_t likes[CAPS_MAX]; /* without these it does less */
	const char *less;
} verbs[] = {
	/* Whatever others attached is opened by its id. */
	{ "pin", { CAP_SYS_ADMIN, END }, { END }, "" },
	/* CAP_PERFMON: the verifier else refuses to subtract packet pointers, to count bytes. */
	{ "load",
	  { CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, END },
	  { CAP_SYS_ADMIN, END },
	  "maps are reused without comparing their BTF, and no program that is attached can be "
	  "replaced" },
	{ "unload", { CAP_SYS_ADMIN, CAP_NET_ADMIN, END }, { END }, "" },
	{ "gc", { CAP_SYS_ADMIN, END }, { END }, "" },
	{ "iproute2_env", { CAP_BPF, END }, { END }, "" },
	{ "status",
	  { END },
	  { CAP_SYS_ADMIN, END },
	  "names, maps, links and tcx programs are not shown" },
	{ "stats", { END }, { END }, "" },
	{ "any verb with --netns", { CAP_SYS_ADMIN, END }, { END }, "" },
};

static bool has(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR, admin = CAP_CLEAR;

	cap_get_flag(caps, cap, CAP_EFFECTIVE, &value);
	/* What was split off from CAP_SYS_ADMIN is still implied by it. */
	if (cap == CAP_BPF || cap == CAP_PERFMON)
		cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &admin);
	return value == CAP_SET || admin == CAP_SET;
}

/* Write the names of those that are missing. Returns whether there are any. */
static bool missing(cap_t caps, const cap_value_t *wanted, char *out, size_t size)
{
	size_t len = 0;

	*out = '\0';
	for (; *wanted != END; wanted++) {
		char *name = has(caps, *wanted) ? NULL : cap_to_name(*wanted);

		if (name && len < size)
			len += snprintf(out + len, size - len, "%s%s", len ? " " : "", name);
		cap_free(name);
	}
	return *out;
}

static void look_at_verbs(struct doctor *d)
{
	cap_t caps = cap_get_proc();
	char *text = caps ? cap_to_text(caps, NULL) : NULL;
	char names[128];
	bool all = true;

	if (!text) {
		found(d, DOCTOR_INFO, "cannot tell which capabilities this process has");
		evidence(d, "cap_get_proc: %s", strerror(errno));
		cap_free(caps);
		return;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (missing(caps, verbs[i].needs, names, sizeof(names))) {
			found(d, DOCTOR_PROBLEM, "%s will fail without %s", verbs[i].verb, names);
		} else if (missing(caps, verbs[i].likes, names, sizeof(names))) {
			found(d, DOCTOR_WARNING, "%s does less without %s: %s", verbs[i].verb,
			      names, verbs[i].less);
		} else {
			continue;
		}
		all = false;
		evidence(d, "capabilities of this process: %s", text);
		remedy(d, "sudo ifbpf ...");
	}
	if (all) {
		found(d, DOCTOR_OK, "every verb has the capabilities that it needs");
		evidence(d, "capabilities of this process: %s", text);
	}
	cap_free(text);
	cap_free(caps);
}

/* In a user namespace of its own, a process has capabilities that the BPF checks do not see. */
static void look_at_user_namespace(struct doctor *d)
{
	unsigned int inside, outside, count;
	char line[128];

	if (doctor_read("/proc/self/uid_map", line, sizeof(line)) ||
	    sscanf(line, "%u %u %u", &inside, &outside, &count) != 3) {
		found(d, DOCTOR_INFO, "cannot tell which user namespace this is");
		return;
	}
	if (inside == 0 && outside == 0 && count == (unsigned int)-1)
		return;
	found(d, DOCTOR_PROBLEM,
	      "this is a user namespace, and BPF asks for capabilities of the initial one: run "
	      "it outside the container");
	evidence(d, "/proc/self/uid_map: %u %u %u", inside, outside, count);
}

const struct doctor_probe doctor_caps[] = {
	{ "capabilities", look_at_verbs },
	{ "user_namespace", look_at_user_namespace },
	{},
};
