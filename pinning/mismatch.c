// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "pinning/mismatch.h"

static const char *const names[] = {
	[MISMATCH_FAIL] = "fail",
	[MISMATCH_FRESH] = "fresh",
	[MISMATCH_MIGRATE] = "migrate",
};

static int parse_name(const char *text)
{
	for (int i = 0; i <= MISMATCH_MIGRATE; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -EINVAL;
}

/* What a "MAP=DO" word says of the map, or -ENOENT: it is about another one. */
static int parse_about(const char *word, const char *map)
{
	size_t len = strlen(map);

	if (strncmp(word, map, len) != 0 || word[len] != '=')
		return -ENOENT;
	return parse_name(word + len + 1);
}

enum mismatch mismatch_of(const struct mismatches *how, const char *map)
{
	int what = -ENOENT;

	for (size_t i = 0; how->maps[i] && what < 0; i++)
		what = parse_about(how->maps[i], map);
	return what < 0 ? how->all : (enum mismatch)what;
}

bool mismatch_names(const struct mismatches *how, const char *map)
{
	for (size_t i = 0; how->maps[i]; i++)
		if (parse_about(how->maps[i], map) >= 0)
			return true;
	return false;
}

bool mismatch_any(const struct mismatches *how, enum mismatch what)
{
	bool any = how->all == what;

	for (size_t i = 0; how->maps[i]; i++)
		any = any || !strcmp(strchr(how->maps[i], '=') + 1, names[what]);
	return any;
}

/* text: of one map, else NULL. */
static bool take(struct mismatches *how, size_t len, const char *text, enum mismatch which)
{
	if (text) {
		how->maps[len] = text;
	} else {
		how->all = which;
		how->has_all = true;
	}
	return true;
}

bool mismatch_parse(const char *tool, const char *text, struct mismatches *how)
{
	const char *what = strchr(text, '=');
	int which = parse_name(what ? what + 1 : text);
	size_t len = 0;

	while (how->maps[len])
		len++;
	if (what == text)
		cli_misused(tool, "'%s' is not MAP=DO", text);
	else if (which < 0)
		cli_misused(tool,
		            "no such way for --on-mismatch '%s'; there is fail, fresh, migrate",
		            what ? what + 1 : text);
	else if (what && cli_same_key(how->maps, text))
		cli_misused(tool, "--on-mismatch %s and --on-mismatch %s are about one map",
		            cli_same_key(how->maps, text), text);
	else if (!what && how->has_all)
		cli_misused(tool, "--on-mismatch is there twice for all maps");
	else if (what && len == MISMATCH_MAPS_MAX)
		cli_misused(tool, "more than %d times --on-mismatch", MISMATCH_MAPS_MAX);
	else
		return take(how, len, what ? text : NULL, which);
	return false;
}

static bool has_map(const struct object *object, const char *word)
{
	for (size_t m = 0; m < object->maps_len; m++)
		if (parse_about(word, object->map_names[m]) >= 0)
			return true;
	return false;
}

int mismatch_check(const struct object *object, const struct mismatches *how)
{
	for (size_t i = 0; how->maps[i]; i++) {
		if (has_map(object, how->maps[i]))
			continue;
		fprintf(stderr, "load: --on-mismatch %s: %s has no such map; it has",
		        cli_text(how->maps[i]), cli_text(object->path));
		for (size_t m = 0; m < object->maps_len; m++)
			fprintf(stderr, " %s", cli_text(object->map_names[m]));
		fputc('\n', stderr);
		return -EINVAL;
	}
	return 0;
}
