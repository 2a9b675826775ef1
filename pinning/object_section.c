// SPDX-License-Identifier: GPL-2.0-or-later
/* What the name of an ELF section says of its program. */
#include <string.h>
#include "pinning/object.h"

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

int object_section_hook(const char *section)
{
	static const struct {
		const char *begin;
		enum hook hook;
	} known[] = {
		{ "xdp", HOOK_XDP },
		{ "tc/egress", HOOK_TC_EGRESS },
		{ "tcx/egress", HOOK_TC_EGRESS },
		{ "classifier/egress", HOOK_TC_EGRESS },
		{ "action/egress", HOOK_TC_EGRESS },
		{ "egress", HOOK_TC_EGRESS },
		{ "tc", HOOK_TC_INGRESS },
		{ "classifier", HOOK_TC_INGRESS },
		{ "action", HOOK_TC_INGRESS },
		{ "ingress", HOOK_TC_INGRESS },
		{ "prog", HOOK_XDP },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (begins(section, known[i].begin))
			return known[i].hook;
	return -1;
}

const char *object_section_entry(const char *section)
{
	static const char *const maps[] = { "devmap", "cpumap" };
	const char *slash = strchr(section, '/');

	for (size_t i = 0; slash && i < sizeof(maps) / sizeof(maps[0]); i++)
		if (begins(section, "xdp") && begins(slash + 1, maps[i]))
			return maps[i];
	return NULL;
}

/* Of a type that libbpf looks up a target for, by BTF. */
static bool is_for_target(const char *section)
{
	enum bpf_attach_type attach;
	enum bpf_prog_type type;

	if (libbpf_prog_type_by_name(section, &type, &attach))
		return false;
	return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM ||
	       type == BPF_PROG_TYPE_EXT;
}

bool object_section_has_target(const char *section)
{
	return strchr(section, '/') && is_for_target(section);
}

bool object_section_lacks_target(const char *section)
{
	return !strchr(section, '/') && is_for_target(section);
}
