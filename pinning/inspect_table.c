// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/hook.h"
#include "bpffs/json.h"
#include "pinning/inspect_table.h"

static const struct inspect_prog *first_prog(const struct store_builds *builds)
{
	const struct inspection *in = &builds->in[STORE_PLAIN];

	return in->progs_len ? in->progs : NULL;
}

static const char *hook_of(const struct store_builds *builds)
{
	const struct inspect_prog *prog = first_prog(builds);

	return !prog || prog->hook < 0 ? "-" : prog->kind == INSPECT_XDP ? "xdp" : "tc";
}

static size_t count_maps(const struct inspection *in)
{
	size_t count = 0;

	for (size_t i = 0; i < in->maps_len; i++)
		count += !in->maps[i].is_internal;
	return count;
}

/* What a loader does not do with a build that it accepts. */
static const char *limit(const struct store_builds *builds, enum store_variant variant,
                         enum inspect_loader loader)
{
	if (builds->in[variant].verdicts[loader].is_alone)
		return " (alone)";
	return store_does_less(builds, variant) ? " (less)" : "";
}

/* "plain, pinned", or "-". */
static void list_accepted(const struct store_builds *builds, enum inspect_loader loader, char *to,
                          size_t size)
{
	size_t len = 0;

	snprintf(to, size, "-");
	for (int i = 0; i < STORE_VARIANTS; i++)
		if (builds->has[i] && builds->in[i].verdicts[loader].says == INSPECT_ACCEPTS)
			len += snprintf(to + len, size - len, "%s%s%s", len ? ", " : "",
			                store_variant_name(i), limit(builds, i, loader));
}

void store_print_head(void)
{
	printf("%-16s %-4s %-6s %-6s %4s  %-16s %s\n", "OBJECT", "HOOK", "LINUX", "FRAGS", "MAPS",
	       "TWIN", "ACCEPTED BY");
}

void store_print_row(const struct store_builds *builds)
{
	const struct inspection *plain = &builds->in[STORE_PLAIN];
	const struct inspection *frags = &builds->in[STORE_FRAGS];
	char linux_text[16], frags_text[16];
	bool first = true;

	printf("%-16s %-4s %-6s %-6s %4zu  %-16s ", cli_text(builds->object->name), hook_of(builds),
	       inspect_kernel_name(inspect_kernel(&plain->needs), linux_text),
	       inspect_kernel_name(inspect_kernel(&frags->needs), frags_text), count_maps(plain),
	       *builds->twin ? cli_text(builds->twin) : "-");
	for (int loader = 0; loader < INSPECT_LOADERS; loader++) {
		int variant = store_accepted(builds, loader);

		if (variant < 0)
			continue;
		printf("%s%s%s", first ? "" : ", ", inspect_loader_name(loader),
		       limit(builds, variant, loader));
		first = false;
	}
	puts(first ? "-" : "");
}

static void print_build(const struct store_builds *builds, enum store_variant variant)
{
	char why[STORE_WHY], text[16];
	unsigned int version = inspect_kernel(&builds->in[variant].needs);

	store_lacks(builds, variant, why);
	if (builds->has[variant])
		printf("  build   %-13s %s, Linux %s%s%s\n", store_variant_name(variant),
		       cli_text(builds->paths[variant]), inspect_kernel_name(version, text),
		       *why ? "; " : "", cli_text(why));
	else
		printf("  build   %-13s none: %s\n", store_variant_name(variant), cli_text(why));
}

void store_print(const struct store_builds *builds)
{
	char list[192];

	if (builds->has[STORE_PLAIN])
		inspect_print(&builds->in[STORE_PLAIN]);
	for (int variant = 0; variant < STORE_VARIANTS; variant++)
		print_build(builds, variant);
	for (int loader = 0; loader < INSPECT_LOADERS; loader++) {
		list_accepted(builds, loader, list, sizeof(list));
		printf("  builds for %-10s  %s\n", inspect_loader_name(loader), list);
	}
	printf("  twin    %s\n", *builds->twin ? cli_text(builds->twin) : "none");
}

static struct json_object *build_json(const struct store_builds *builds, enum store_variant variant)
{
	struct json_object *to = json_object_new_object();
	char why[STORE_WHY];

	store_lacks(builds, variant, why);
	json_put_string(to, "variant", store_variant_name(variant));
	json_put_bool(to, "present", builds->has[variant]);
	json_put_string(to, "lacks", *why ? cli_json_name(why) : NULL);
	if (builds->has[variant])
		inspect_json(&builds->in[variant], to);
	return to;
}

static struct json_object *loader_json(const struct store_builds *builds,
                                       enum inspect_loader loader)
{
	struct json_object *to = json_object_new_object(), *list = json_object_new_array();

	json_put_string(to, "loader", inspect_loader_name(loader));
	for (int i = 0; i < STORE_VARIANTS; i++)
		if (builds->has[i] && builds->in[i].verdicts[loader].says == INSPECT_ACCEPTS)
			json_object_array_add(list, json_object_new_string(store_variant_name(i)));
	json_object_object_add(to, "variants", list);
	return to;
}

int store_json(const struct store_builds *builds)
{
	struct json_object *document = json_begin("ifbpf.objects/1", NULL), *list;
	char text[16];
	unsigned int version = inspect_kernel(&builds->in[STORE_PLAIN].needs);

	json_put_string(document, "name", cli_json_name(builds->object->name));
	json_put_string(document, "directory", cli_json_name(builds->object->dir));
	json_put_string(document, "hook", *hook_of(builds) == '-' ? NULL : hook_of(builds));
	json_put_string(document, "kernel", version ? inspect_kernel_name(version, text) : NULL);
	json_put_bool(document, "frags", builds->has[STORE_FRAGS]);
	json_put_string(document, "twin", cli_json_name(builds->twin));
	list = json_object_new_array();
	for (int i = 0; i < STORE_VARIANTS; i++)
		json_object_array_add(list, build_json(builds, i));
	json_object_object_add(document, "builds", list);
	list = json_object_new_array();
	for (int i = 0; i < INSPECT_LOADERS; i++)
		json_object_array_add(list, loader_json(builds, i));
	json_object_object_add(document, "loaders", list);
	return json_end(document);
}
