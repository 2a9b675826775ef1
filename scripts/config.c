// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/identity.h"
#include "bpffs/json.h"
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "scripts/config.h"
#include "scripts/config_apart.h"
#include "scripts/config_use.h"

const char *config_clash(const char *before, const char *word, size_t len)
{
	static char why[160];
	int shown = len > 60 ? 60 : (int)len;

	if (!before)
		return NULL;
	if (strlen(before) == len && !memcmp(before, word, len))
		snprintf(why, sizeof(why), "'%.*s' is there twice", shown, word);
	else
		snprintf(why, sizeof(why), "'%.*s' contradicts '%.60s'", shown, word, before);
	return why;
}

int config_option(struct config_options *options, int c, const char *tool, const char *usage)
{
	switch (c) {
	case 'j': options->json = true; return -1;
	case 'N':
		options->netns = optarg;
		cli_netns(optarg);
		return -1;
	case 'v': options->verbose = true; return -1;
	case 'h': cli_usage(stdout, usage, tool); return cli_finish(EXIT_SUCCESS);
	case 'V': printf("%s " VERSION "\n", tool); return cli_finish(EXIT_SUCCESS);
	default: return cli_misused(tool, NULL);
	}
}

/* An interface that was renamed left its directory under this name, and works with the maps. */
static bool is_of_another(const struct config *config, struct interface *owner)
{
	const struct directory *dir = &config->dir;

	return dir->has_record && !record_same_interface(&dir->record, &config->iface) &&
	       identity_lives(dir, &config->iface, owner);
}

static int open_directory(struct config *config, enum config_access access)
{
	struct interface owner;
	int err = bpffs_open(&config->fs, BPFFS_READ);

	if (err)
		return err;
	err = directory_open(&config->dir, &config->fs, &config->iface);
	if (err == -ENOENT) {
		failed(err, "cannot find the maps of %s in %s", config->iface.name,
		       config->fs.path);
		config_hint_load(config, "load it first");
	}
	if (!err && is_of_another(config, &owner)) {
		err = identity_refuse(&config->dir, &config->iface, &owner);
		directory_close(&config->dir);
	}
	if (!err && access == CONFIG_WRITE) {
		err = directory_lock(&config->dir);
		if (err)
			directory_close(&config->dir);
	}
	if (err)
		bpffs_close(&config->fs);
	return err;
}

static void begin(struct config *config, const struct config_options *options, const char *object)
{
	memset(config, 0, sizeof(*config));
	config->object = object;
	config->tc = options->tc;
	config->json = options->json;
}

int config_open(struct config *config, const char *ifname, const struct config_options *options,
                const char *object, enum config_access access)
{
	int err;

	begin(config, options, object);
	err = interface_find(&config->iface, ifname, options->netns);
	if (!err)
		err = open_directory(config, access);
	if (!err)
		config->use = config_use_new();
	return err;
}

int config_open_left(struct config *config, const struct interface *gone,
                     const struct config_options *options, const char *object,
                     enum config_access access)
{
	begin(config, options, object);
	config->iface = *gone;
	config->left = true;
	return open_directory(config, access);
}

void config_close(struct config *config)
{
	config_use_free(config->use);
	directory_close(&config->dir);
	bpffs_close(&config->fs);
}

static const char *type_name(__u32 type)
{
	const char *name = libbpf_bpf_map_type_str(type);

	return name ? name : "unknown";
}

int config_check_map(const struct config *config, const struct config_map *map,
                     const struct bpf_map_info *info)
{
	if (info->type == map->type && info->key_size == map->key_size &&
	    info->value_size == map->value_size)
		return 0;
	rejected(-EINVAL,
	         "cannot use map '%s' of %s: its type is %s, key %u, value %u bytes; expected %s, "
	         "key %u, value %u bytes",
	         map->name, config->iface.name, type_name(info->type), info->key_size,
	         info->value_size, type_name(map->type), map->key_size, map->value_size);
	if (!config_apart_tell_other(config, map, info->id))
		config_hint_load(config, "load it first");
	return -EINVAL;
}

/* The maps of that name; *len counts what replacements left of them as well. */
static struct view_map *find_in_place(struct view *view, const char *name, size_t *len)
{
	struct view_map *found = NULL;

	*len = 0;
	for (size_t i = 0; i < view->len; i++) {
		if (strcmp(view->maps[i].name, name) != 0)
			continue;
		++*len;
		if (!found && view_is_in_place(view, &view->maps[i]))
			found = &view->maps[i];
	}
	return found;
}

/* The kernel ties a devmap to programs of one kind: it is not stale while those of others run. */
static bool is_left(const struct config *config, const struct config_map *map, __u32 id)
{
	return map->type == BPF_MAP_TYPE_DEVMAP && config_use_is_left(config, map, id);
}

/* Take one map out of a view. Returns its descriptor, which the caller closes, or as below. */
static int take_map(const struct config *config, struct view *view, const struct config_map *map,
                    struct bpf_map_info *info)
{
	struct view_map *found;
	size_t len;
	int fd, err;

	found = find_in_place(view, map->name, &len);
	if (!found) {
		rejected(-ENOENT, "cannot find map '%s' of %s in %s", map->name, config->iface.name,
		         config->dir.path);
		if (!config_apart_tell(config, map->name, 0))
			config_hint_load(config, "load it first");
		return -ENOENT;
	}
	err = config_check_map(config, map, &found->info);
	if (err)
		return err;
	fd = found->fd;
	found->fd = -1;
	if (!is_left(config, map, found->info.id))
		config_use_check(config, map->name, found->info.id);
	if (config_use_may_say(config))
		config_apart_check(config, map->name, found->info.id, len > 1);
	if (info)
		*info = found->info;
	return fd;
}

int config_open_maps(const struct config *config, const struct config_map *maps, size_t len,
                     enum config_access access, int *fds, struct bpf_map_info *infos)
{
	const char *names[CONFIG_MAPS] = {};
	struct view view;
	int err = 0;

	for (size_t i = 0; i < len; i++) {
		names[i] = maps[i].name;
		fds[i] = -1;
	}
	err = view_open(&view, &config->dir, names, len, access == CONFIG_READ ? BPF_F_RDONLY : 0);
	if (err)
		return err;
	for (size_t i = 0; i < len && !err; i++) {
		fds[i] = take_map(config, &view, &maps[i], infos ? &infos[i] : NULL);
		if (fds[i] < 0)
			err = fds[i];
	}
	view_close(&view);
	for (size_t i = 0; i < len && err; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
	return err;
}

int config_open_map(const struct config *config, const struct config_map *map,
                    enum config_access access, struct bpf_map_info *info)
{
	int fd, err = config_open_maps(config, map, 1, access, &fd, info);

	return err ? err : fd;
}

int config_wait(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int inner, outer = -1, err = 0;
	__u32 zero = 0;

	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "config_wait", 4, 4, 1, NULL);
	opts.inner_map_fd = inner;
	if (inner >= 0)
		outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "config_wait", 4, 4, 1, &opts);
	if (inner < 0 || outer < 0 || bpf_map_update_elem(outer, &zero, &inner, BPF_ANY))
		err = failed(-errno, "cannot wait for packets to leave the programs");
	if (inner >= 0)
		close(inner);
	if (outer >= 0)
		close(outer);
	return err;
}

static const struct config_verb *find_verb(const struct config_verb *verbs, const char *name)
{
	for (; verbs->name; verbs++)
		if (!strcmp(verbs->name, name))
			return verbs;
	return NULL;
}

/* Returns the exit status that is left when the document is out. */
static int tell_edit(struct config *config, const struct config_verb *verb, int status)
{
	struct json_object *document;
	char schema[64];

	snprintf(schema, sizeof(schema), "ifbpf.%s/1", config->object);
	document = config_json_begin(schema, config);
	json_put_string(document, "verb", verb->name);
	json_put_number(document, "status", status);
	json_object_object_foreach(config->edit, key, value)
		json_object_object_add(document, key, json_object_get(value));
	json_object_put(config->edit);
	config->edit = NULL;
	return json_end(document) && !status ? EXIT_KERNEL : status;
}

int config_run(const struct config_verb *verbs, const struct config_options *options,
               const char *object, const char *tool, char **argv, int argc)
{
	const struct config_verb *verb = verbs;
	struct config config;
	int left = argc - 2, status;

	if (argc > 1)
		verb = find_verb(verbs, argv[1]);
	else
		left = 0;
	if (argc < 1)
		return cli_misused(tool, "the interface is missing");
	if (!verb)
		return cli_misused(tool, "unknown verb '%s'", argv[1]);
	if (left < verb->min)
		return cli_misused(tool, "'%s' wants more words behind it", verb->name);
	if (verb->max >= 0 && left > verb->max)
		return cli_misused(tool, "'%s' is one word too many", argv[2 + verb->max]);
	log_init(tool, options->verbose);
	if (config_open(&config, argv[0], options, object, verb->access))
		return EXIT_KERNEL;
	if (config.json && verb->access != CONFIG_READ)
		config.edit = json_object_new_object();
	status = verb->run(&config, argv + 2, left);
	if (config.edit)
		status = tell_edit(&config, verb, status);
	config_close(&config);
	return cli_finish(status);
}
