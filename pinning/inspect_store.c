// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/inspect_store.h"

static const struct {
	const char *name, *before, *behind;
} variants[STORE_VARIANTS] = {
	[STORE_PLAIN] = { "plain", "", "" },
	[STORE_FRAGS] = { "frags", "", "_frags" },
	[STORE_PINNED] = { "pinned", "pinned/", "" },
	[STORE_PINNED_FRAGS] = { "pinned_frags", "pinned/", "_frags" },
	[STORE_LEGACY] = { "legacy", "legacy/", "" },
	[STORE_LEGACY_FRAGS] = { "legacy_frags", "legacy/", "_frags" },
};

const char *store_variant_name(enum store_variant variant)
{
	return variants[variant].name;
}

static int add_dir(struct store *store, const char *dir)
{
	char **list = reallocarray(store->dirs, store->dirs_len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	store->dirs = list;
	list[store->dirs_len] = strdup(dir);
	return list[store->dirs_len++] ? 0 : -ENOMEM;
}

/* In the source tree the store is there, whatever is installed. */
static int add_own_dir(struct store *store)
{
	char path[PATH_MAX], *slash;
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/../objects"));

	for (int up = 0; len > 0 && up < 2; up++) {
		path[len] = '\0';
		slash = strrchr(path, '/');
		len = slash ? slash - path : 0;
	}
	if (len > 0) {
		strcpy(path + len, "/objects");
		if (!access(path, F_OK))
			return add_dir(store, path);
	}
	return add_dir(store, OBJECT_DIR);
}

static int find_dirs(struct store *store)
{
	const char *named = getenv("IFBPF_OBJECT_PATH");
	char *dirs = strdup(named ? named : ""), *dir, *save;
	int err = dirs ? 0 : -ENOMEM;

	for (dir = err ? NULL : strtok_r(dirs, ":", &save); dir && !err;
	     dir = strtok_r(NULL, ":", &save))
		err = add_dir(store, dir);
	free(dirs);
	return err ? err : add_own_dir(store);
}

static bool ends(const char *text, const char *with)
{
	size_t len = strlen(text), tail = strlen(with);

	return len > tail && !strcmp(text + len - tail, with);
}

static const struct store_object *find(const struct store *store, const char *name, size_t len)
{
	for (size_t i = 0; i < store->len; i++)
		if (strlen(store->objects[i].name) == len &&
		    !strncmp(store->objects[i].name, name, len))
			return &store->objects[i];
	return NULL;
}

/* A build may be missing: what there is of the object says so. */
const struct store_object *store_find(const struct store *store, const char *name)
{
	const struct store_object *found = NULL;
	size_t len = strlen(name) - (ends(name, ".o") ? 2 : 0);

	for (int i = 0; i < STORE_VARIANTS && !found; i++) {
		size_t before = strlen(variants[i].before), behind = strlen(variants[i].behind);

		if (len > before + behind && !strncmp(name, variants[i].before, before) &&
		    !strncmp(name + len - behind, variants[i].behind, behind))
			found = find(store, name + before, len - before - behind);
	}
	return found;
}

/* A file NAME_frags.o is a build of NAME.o, if that is there. */
static bool is_build(const char *dir, const char *file)
{
	char path[PATH_MAX];

	return ends(file, "_frags.o") &&
	       snprintf(path, sizeof(path), "%s/%.*s.o", dir, (int)(strlen(file) - 8), file) <
	               (int)sizeof(path) &&
	       !access(path, F_OK);
}

static int add_object(struct store *store, const char *dir, const char *file)
{
	struct store_object *list;

	if (!ends(file, ".o") || is_build(dir, file) || find(store, file, strlen(file) - 2))
		return 0;
	list = reallocarray(store->objects, store->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	store->objects = list;
	list[store->len].dir = dir;
	snprintf(list[store->len++].name, sizeof(list->name), "%.*s", (int)strlen(file) - 2, file);
	return 0;
}

static int read_dir(struct store *store, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;

	while (dir && !err && (entry = readdir(dir)))
		err = add_object(store, path, entry->d_name);
	if (dir)
		closedir(dir);
	return err;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct store_object *)a)->name,
	              ((const struct store_object *)b)->name);
}

int store_open(struct store *store)
{
	int err;

	memset(store, 0, sizeof(*store));
	err = find_dirs(store);
	for (size_t i = 0; i < store->dirs_len && !err; i++)
		err = read_dir(store, store->dirs[i]);
	if (err)
		return failed(err, "cannot list the objects");
	if (!store->len) {
		rejected(-ENOENT, "cannot find objects in %s", store->dirs[0]);
		hint("IFBPF_OBJECT_PATH names the directories to look in");
		return -ENOENT;
	}
	qsort(store->objects, store->len, sizeof(*store->objects), compare);
	return 0;
}

void store_close(struct store *store)
{
	for (size_t i = 0; i < store->dirs_len; i++)
		free(store->dirs[i]);
	free(store->dirs);
	free(store->objects);
	memset(store, 0, sizeof(*store));
}

/* xdp_NAME and tc_NAME. */
static void find_twin(const struct store *store, struct store_builds *builds)
{
	const char *name = builds->object->name;

	if (!strncmp(name, "xdp_", 4))
		snprintf(builds->twin, sizeof(builds->twin), "tc_%s", name + 4);
	else if (!strncmp(name, "tc_", 3))
		snprintf(builds->twin, sizeof(builds->twin), "xdp_%s", name + 3);
	if (!store_find(store, builds->twin))
		*builds->twin = '\0';
}

int store_inspect(const struct store *store, const struct store_object *object,
                  struct store_builds *builds)
{
	int err = 0, one;

	memset(builds, 0, sizeof(*builds));
	builds->object = object;
	find_twin(store, builds);
	for (int i = 0; i < STORE_VARIANTS; i++) {
		char *path = builds->paths[i];

		builds->in[i].fd = -1;
		snprintf(path, PATH_MAX, "%s/%s%s%s.o", object->dir, variants[i].before,
		         object->name, variants[i].behind);
		if (access(path, F_OK))
			continue;
		one = inspect(&builds->in[i], path);
		builds->has[i] = !one;
		err = err ? err : one;
	}
	return err;
}

void store_builds_free(struct store_builds *builds)
{
	for (int i = 0; i < STORE_VARIANTS; i++)
		inspect_free(&builds->in[i]);
}

static bool has_map(const struct inspection *in, const char *name)
{
	for (size_t i = 0; i < in->maps_len; i++)
		if (!strcmp(in->maps[i].name, name))
			return true;
	return false;
}

/* "; it has no maps a, b", of the plain build's; nothing if it has all. */
static void list_missing(const struct store_builds *builds, enum store_variant variant, char *to,
                         size_t size)
{
	const struct inspection *plain = &builds->in[STORE_PLAIN];
	const char *before = "; it has no maps ";
	size_t len = 0;

	for (size_t i = 0; i < plain->maps_len && len < size; i++) {
		const struct inspect_map *map = &plain->maps[i];

		if (map->is_internal || has_map(&builds->in[variant], map->name))
			continue;
		len += snprintf(to + len, size - len, "%s%s", before, map->name);
		before = ", ";
	}
}

static bool is_xdp(const struct inspection *in)
{
	return in->progs_len && in->progs->kind == INSPECT_XDP;
}

void store_lacks(const struct store_builds *builds, enum store_variant variant, char why[STORE_WHY])
{
	const struct inspection *plain = &builds->in[STORE_PLAIN];
	bool frags = *variants[variant].behind;

	*why = '\0';
	if (store_does_less(builds, variant)) {
		snprintf(why, STORE_WHY, "it does less than the plain build: %s",
		         plain->rewrite_why);
		list_missing(builds, variant, why + strlen(why), STORE_WHY - strlen(why));
	} else if (builds->has[variant]) {
		return;
	} else if (variant == STORE_LEGACY && *plain->rewrite_why) {
		strcpy(why, plain->rewrite_why);
	} else if (frags && !is_xdp(plain)) {
		strcpy(why, "only XDP programs have to ask for packets of several buffers");
	} else if (variant == STORE_LEGACY_FRAGS) {
		strcpy(why, "its loaders cannot ask for packets of several buffers");
	} else {
		strcpy(why, "it was not built");
	}
}

bool store_does_less(const struct store_builds *builds, enum store_variant variant)
{
	return variant == STORE_LEGACY && builds->has[variant] &&
	       *builds->in[STORE_PLAIN].rewrite_why;
}

int store_accepted(const struct store_builds *builds, enum inspect_loader loader)
{
	for (int i = 0; i < STORE_VARIANTS; i++)
		if (builds->has[i] && builds->in[i].verdicts[loader].says == INSPECT_ACCEPTS)
			return i;
	return -1;
}
