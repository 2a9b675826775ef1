// SPDX-License-Identifier: GPL-2.0-or-later
/* Capabilities: which verb lacks which. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/access.h"
#include "pinning/caps.h"
#include "pinning/doctor_findings.h"

#define CAPS_MAX 4
#define END      CAPS_END

static const struct {
	const char *verb;
	cap_value_t needs[CAPS_MAX]; /* without these it fails */
	cap_value_t likes[CAPS_MAX]; /* without these it does less */
	const char *less;
} verbs[] = {
	/* Whatever others attached is opened by its id. */
	{ "pin", { CAP_SYS_ADMIN, END }, { END }, "" },
	{ "load",
	  { CAP_BPF, CAP_NET_ADMIN, END },
	  { CAP_SYS_ADMIN, END },
	  "types of pinned maps are compared only with what is noted of them, and no program that "
	  "others attached can be replaced" },
	{ "load of programs that subtract packet pointers, say to count bytes,",
	  { CAP_PERFMON, END },
	  { END },
	  "" },
	{ "unload",
	  { CAP_BPF, CAP_NET_ADMIN, END },
	  { CAP_SYS_ADMIN, END },
	  "only what load put there is taken off, and --purge is refused" },
	{ "gc", { CAP_SYS_ADMIN, END }, { END }, "" },
	{ "iproute2_env", { CAP_BPF, END }, { END }, "" },
	{ "status",
	  { END },
	  { CAP_SYS_ADMIN, END },
	  "names, maps, links and tcx programs are not shown" },
	{ "stats", { END }, { END }, "" },
	{ "any verb with --netns", { CAP_SYS_ADMIN, END }, { END }, "" },
};

static void look_at_verbs(struct doctor *d)
{
	char *text, names[128];
	bool all = true;
	cap_t caps;

	/* Those of a user namespace do not count: that is a finding of its own. */
	if (access_user_namespace(names, sizeof(names)) > 0)
		return;
	caps = cap_get_proc();
	text = caps ? cap_to_text(caps, NULL) : NULL;
	if (!text) {
		found(d, DOCTOR_INFO, "cannot tell which capabilities this process has");
		evidence(d, "cap_get_proc: %s", strerror(errno));
		cap_free(caps);
		return;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (caps_missing(caps, verbs[i].needs, names, sizeof(names))) {
			found(d, DOCTOR_PROBLEM, "%s will fail without %s", verbs[i].verb, names);
		} else if (caps_missing(caps, verbs[i].likes, names, sizeof(names))) {
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
	char map[64];
	int inside = access_user_namespace(map, sizeof(map));

	if (inside < 0) {
		found(d, DOCTOR_INFO, "cannot tell which user namespace this is");
		return;
	}
	if (!inside)
		return;
	found(d, DOCTOR_PROBLEM,
	      "this is a user namespace, and BPF asks for capabilities of the initial one: run "
	      "it outside the container");
	evidence(d, "/proc/self/uid_map: %s", map);
}

const struct doctor_probe doctor_caps[] = {
	{ "capabilities", look_at_verbs },
	{ "user_namespace", look_at_user_namespace },
	{},
};
