// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/recall.h"
#include "scripts/config_apart.h"
#include "scripts/config_use.h"

static bool is_used(const struct live *live, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].info.id == map_id)
			return true;
	return false;
}

/* The map in place is of another definition: the program has not followed an upgrade yet. */
static bool is_behind(const struct config *config, const struct live_map *map)
{
	struct bpf_map_info flat;
	int fd = pin_open_map(config->dir.fd, map->info.name, BPF_F_RDONLY, &flat);

	if (fd < 0)
		return false;
	close(fd);
	return flat.type != map->info.type || flat.key_size != map->info.key_size ||
	       flat.value_size != map->info.value_size || flat.max_entries != map->info.max_entries;
}

/* Another loader's map took a place, and what was in it is with the other hook alone so far. */
static bool is_to_be_carried(const struct config *config)
{
	char text[RECORD_SIZE];

	return config->dir.has_record &&
	       !record_get_other(&config->dir.record, RECORD_GAVE_WAY, text, sizeof(text));
}

/* A map of egress can have a pin of its own, which every loader would use again. */
static void hint_egress(const struct config *config, const struct live_map *map)
{
	int fd = bpffs_open_dir(config->dir.fd, DIRECTORY_EGRESS, O_RDONLY);
	__u32 id;

	if (fd < 0)
		return;
	if (!pin_map_id(fd, map->info.name, &id) && id == map->info.id)
		hint("first remove the pins of its own maps: find %s/%s -type f ! -name %s -delete",
		     cli_word(config->dir.path), DIRECTORY_EGRESS, DIRECTORY_TC_STATS);
	close(fd);
}

static void hint_share(const struct config *config, const struct live_map *map, enum hook hook)
{
	char object[64];

	snprintf(object, sizeof(object), "%s_%s.o", hook == HOOK_XDP ? "xdp" : "tc",
	         config->object);
	if (is_behind(config, map)) {
		hint("upgrade it as well, it then has the same maps: %s --on-mismatch migrate "
		     "--hook %s %s %s",
		     cli_command("load"), hook_name(hook), cli_interface(config->iface.name),
		     cli_object(object));
		return;
	}
	/* Who removes their pins, or leaves them behind, would lose it. */
	if (hook == HOOK_TC_EGRESS && is_to_be_carried(config)) {
		hint("bring over first what one of the hooks alone has now: %s --carry %s",
		     cli_command("pin_maps"), cli_interface(config->iface.name));
		return;
	}
	if (hook == HOOK_TC_EGRESS)
		hint_egress(config, map);
	hint("load it so that it shares the pinned maps, and leaves behind what its own have: %s "
	     "--replace%s %s %s",
	     cli_command("load"), hook == HOOK_TC_EGRESS ? " --hook tc_egress" : "",
	     cli_interface(config->iface.name), cli_object(object));
	hint("or by ip and tc, its pinned build, after: eval \"$(%s%s %s)\"",
	     cli_command("iproute2_env"), hook == HOOK_TC_EGRESS ? " --egress" : "",
	     cli_interface(config->iface.name));
}

static void tell(const struct config *config, const struct live *live, const struct live_map *map,
                 __u32 map_id)
{
	const struct live_prog *prog = &live->progs[map->prog];
	const char *ifname = config->iface.name;

	if (map_id) {
		note("program %s (id %u) on %s of %s has a map '%s' of its own, id %u: what is set "
		     "in %s is not for it",
		     prog->name, prog->id, hook_name(prog->hook), ifname, map->info.name,
		     map->info.id, config->dir.path);
		hint_share(config, map, prog->hook);
	} else {
		note("map '%s', id %u, of program %s (id %u) on %s of %s is not pinned",
		     map->info.name, map->info.id, prog->name, prog->id, hook_name(prog->hook),
		     ifname);
		hint("pin it: %s %s", cli_command("pin_maps"), cli_interface(ifname));
	}
}

unsigned int config_apart_tell(const struct config *config, const char *map, __u32 map_id)
{
	struct attachments attached = {};
	struct recalled lacks;
	unsigned int told = 0;
	struct live live = {};
	int err;

	if (config->left || attachments_query(&attached, &config->iface))
		return 0;
	err = live_query(&live, &attached);
	/* Without CAP_SYS_ADMIN; a reader of some maps is not told by pins that are not for him. */
	if (err == -EPERM && !faccessat(config->dir.fd, ".", W_OK, AT_EACCESS))
		err = live_recall(&live, &lacks, &attached, &attached, &config->dir);
	if (!err && (!map_id || is_used(&live, map_id))) {
		for (size_t i = 0; i < live.maps_len; i++) {
			if (live.maps[i].info.id == map_id ||
			    strcmp(live.maps[i].info.name, map) != 0)
				continue;
			tell(config, &live, &live.maps[i], map_id);
			told++;
		}
	}
	live_free(&live);
	attachments_free(&attached);
	return told;
}

/* The map is what the tool needs: to pin it helps. */
static bool is_wanted(const struct config_map *wanted, const struct bpf_map_info *info)
{
	return !strncmp(info->name, wanted->name, BPF_OBJ_NAME_LEN - 1) &&
	       info->type == wanted->type && info->key_size == wanted->key_size &&
	       info->value_size == wanted->value_size;
}

bool config_apart_tell_other(const struct config *config, const struct config_map *wanted,
                             __u32 map_id)
{
	struct attachments attached = {};
	struct live live = {};
	bool told = false;

	if (attachments_query(&attached, &config->iface))
		return false;
	if (!live_query(&live, &attached) && !is_used(&live, map_id)) {
		for (size_t i = 0; !told && i < live.maps_len; i++) {
			told = is_wanted(wanted, &live.maps[i].info);
			if (told)
				tell(config, &live, &live.maps[i], 0);
		}
	}
	live_free(&live);
	attachments_free(&attached);
	return told;
}

void config_apart_check(const struct config *config, const char *map, __u32 map_id, bool beside)
{
	static struct config_once looked, told;

	if ((!config_once(&looked, config->iface.ifindex) && !beside) ||
	    config_was_once(&told, config->iface.ifindex))
		return;
	if (config_apart_tell(config, map, map_id))
		config_once(&told, config->iface.ifindex);
}
