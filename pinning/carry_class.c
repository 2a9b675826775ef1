// SPDX-License-Identifier: GPL-2.0-or-later
/* The classes that the user gives maps: "MAP=CLASS" words; and where he has to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/carry.h"
#include "pinning/object.h"
#include "pinning/plan.h"

static bool is_about(const char *word, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(word, name, len) && word[len] == '=';
}

bool carry_parse_class(const char *tool, const char *text,
                       const char *classes[CARRY_CLASSES_MAX + 1])
{
	const char *class = strchr(text, '=');
	size_t len = 0;

	while (classes[len])
		len++;
	if (!class || class == text)
		cli_misused(tool, "'%s' is not MAP=CLASS", text);
	else if (migrate_class_parse(class + 1) < 0)
		cli_misused(tool, "no such class '%s'; there is config, counter, flow", class + 1);
	else if (cli_same_key(classes, text))
		cli_misused(tool, "--class %s and --class %s are about one map",
		            cli_same_key(classes, text), text);
	else if (len == CARRY_CLASSES_MAX)
		cli_misused(tool, "more than %d times --class", CARRY_CLASSES_MAX);
	else
		classes[len++] = text;
	return len && classes[len - 1] == text;
}

int carry_class(const struct btf *btf, const char *name, __u32 map_type, const char *const *classes)
{
	for (; classes && *classes; classes++)
		if (is_about(*classes, name))
			return migrate_class_parse(strchr(*classes, '=') + 1);
	return migrate_class_of(btf, name, map_type);
}

bool carry_class_is_said(const struct btf *btf, const char *name, const char *const *classes)
{
	for (; classes && *classes; classes++)
		if (is_about(*classes, name))
			return true;
	return migrate_class_is_tagged(btf, name);
}

int carry_check_guess(struct carried *one, const char *ifname, bool has_object)
{
	__u64 in_both;
	int err;

	one->guessed = one->guessed && migrate_may_count(one->m);
	err = one->guessed ? migrate_count_in_both(one->m, &in_both) : 0;
	if (err || !one->guessed || !in_both)
		return err;
	snprintf(one->why, sizeof(one->why),
	         "%llu entr%s in both maps: programs may count there, and nothing says so",
	         (unsigned long long)in_both, in_both == 1 ? "y is" : "ies are");
	note("map '%s' is not carried over: %llu entr%s in both maps, and programs may count there",
	     one->name, (unsigned long long)in_both, in_both == 1 ? "y is" : "ies are");
	hint("if they do, add both up: %s --class %s=counter %s", cli_command("pin_maps"),
	     cli_word(one->name), cli_interface(ifname));
	hint("if only tools write it, keep the new map's: %s --class %s=config %s",
	     cli_command("pin_maps"), cli_word(one->name), cli_interface(ifname));
	if (!has_object)
		hint("if its object says which, by a tag that the kernel was not given: %s --carry "
		     "--object OBJECT %s",
		     cli_command("pin_maps"), cli_interface(ifname));
	return 0;
}

int carry_check_classes(const struct object *object, const char *const *classes)
{
	for (; *classes; classes++) {
		size_t m = 0;

		while (m < object->maps_len && !is_about(*classes, object->map_names[m]))
			m++;
		if (m < object->maps_len)
			continue;
		fprintf(stderr, "load: --class %s: %s has no such map; it has", cli_text(*classes),
		        cli_text(object->path));
		for (m = 0; m < object->maps_len; m++)
			if (!strchr(object->map_names[m], '.'))
				fprintf(stderr, " %s", cli_text(object->map_names[m]));
		fputc('\n', stderr);
		return -EINVAL;
	}
	return 0;
}

/* Two hooks that share a map, or have one each of that name, are both in the plan. */
static bool is_listed(const struct plan *plan, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(plan->maps[i].name, plan->maps[at].name))
			return true;
	return false;
}

int carry_check_planned(const struct plan *plan, const char *ifname, const char *const *classes)
{
	for (; classes && *classes; classes++) {
		size_t m = 0;

		while (m < plan->len && !is_about(*classes, plan->maps[m].name))
			m++;
		if (m < plan->len)
			continue;
		fprintf(stderr,
		        "pin_maps: --class %s: the programs on %s use no such map; they use",
		        cli_text(*classes), cli_text(ifname));
		for (m = 0; m < plan->len; m++)
			if (*plan->maps[m].name && !is_listed(plan, m))
				fprintf(stderr, " %s", cli_text(plan->maps[m].name));
		fputc('\n', stderr);
		return -EINVAL;
	}
	return 0;
}
