// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/json.h"
#include "bpffs/log.h"
#include "scripts/config_use.h"
#include "scripts/redirect_all.h"
#include "scripts/redirect_run.h"
#include "scripts/station.h"

#define SCHEMA "ifbpf.redirect/1"

/* Everything that is to be shown of one interface. */
struct picture {
	struct redirect_mode mode;
	__u32 port;   /* in tx_port, if XDP has that; or 0 */
	__u32 target; /* ifindex, or 0: off */
	struct interface to;
	struct redirect_flow *flows;
	size_t len;
};

static int take_picture(struct picture *picture, const struct config *config)
{
	struct redirect_maps maps;
	int err = redirect_maps_open(&maps, config, CONFIG_READ);

	memset(picture, 0, sizeof(*picture));
	if (err)
		return err;
	err = redirect_maps_get(&maps, &picture->mode, &picture->port);
	if (!err)
		err = redirect_maps_flows(&maps, &picture->flows, &picture->len);
	if (maps.tc_only)
		picture->port = 0;
	/* An interface that is gone has left the devmap. */
	picture->target =
		maps.tc_only || picture->mode.plain ? picture->mode.ifindex : picture->port;
	redirect_maps_close(&maps);
	if (!err && picture->target && interface_by_index(&picture->to, picture->target))
		picture->to.ifindex = 0;
	return err;
}

static const char *mode_name(const struct picture *picture)
{
	return picture->mode.plain || !picture->port ? "plain" : "devmap";
}

static void print_text(const struct picture *picture, const struct config *config)
{
	char source[STATION_TEXT_SIZE], destination[STATION_TEXT_SIZE];

	printf("%s -> ", config->iface.name);
	if (!picture->target) {
		printf("off\n");
	} else {
		if (picture->to.ifindex)
			printf("%s", picture->to.name);
		else
			printf("ifindex %u, which is gone", picture->target);
		printf("  %s%s%s\n", mode_name(picture), picture->mode.reverse ? "  both ways" : "",
		       picture->mode.owned ? "" : "  set by somebody else");
	}
	for (size_t i = 0; i < picture->len; i++) {
		const struct redirect_flow *flow = &picture->flows[i];

		station_format(&flow->pair.source, source);
		station_format(&flow->pair.destination, destination);
		printf("  %s -> %s  ", source, destination);
		if (flow->ours)
			printf("%llu packets  %llu bytes\n",
			       (unsigned long long)flow->count.rx_packets,
			       (unsigned long long)flow->count.rx_bytes);
		else
			printf("set by somebody else\n");
	}
}

static struct json_object *flow_json(const struct redirect_flow *flow)
{
	struct json_object *json = json_object_new_object();
	char text[STATION_TEXT_SIZE];

	station_format(&flow->pair.source, text);
	json_put_string(json, "source", text);
	station_format(&flow->pair.destination, text);
	json_put_string(json, "destination", text);
	json_put_bool(json, "ours", flow->ours);
	json_object_object_add(json, "packets",
	                       flow->ours ? json_object_new_uint64(flow->count.rx_packets) : NULL);
	json_object_object_add(json, "bytes",
	                       flow->ours ? json_object_new_uint64(flow->count.rx_bytes) : NULL);
	return json;
}

static int print_json(const struct picture *picture, const struct config *config,
                      const struct redirect_options *options)
{
	struct json_object *json = config_json_begin(SCHEMA, config);
	struct json_object *flows = json_object_new_array();

	if (options->verb) {
		json_put_string(json, "verb", options->verb);
		json_put_number(json, "status", options->status);
	}
	json_put_bool(json, "on", picture->target != 0);
	json_put_string(json, "mode", picture->target ? mode_name(picture) : NULL);
	json_put_string(json, "to", picture->to.ifindex ? cli_json_name(picture->to.name) : NULL);
	json_put_id(json, "to_ifindex", picture->target);
	json_put_bool(json, "ours", picture->mode.owned);
	json_put_bool(json, "both", picture->mode.reverse != 0);
	json_put_id(json, "stub_program_id",
	            picture->mode.stub_prog == REDIRECT_STUB_COMING ? 0 : picture->mode.stub_prog);
	for (size_t i = 0; i < picture->len; i++)
		json_object_array_add(flows, flow_json(&picture->flows[i]));
	json_object_object_add(json, "flows", flows);
	return json_end(json);
}

/* Where the interface leads to now, or 0. Its stale pins are told when it is shown itself. */
static int find_target(const struct interface *iface, __u32 *target)
{
	struct config_options here = {};
	struct picture picture;
	struct config config;
	int err = config_open(&config, iface->name, &here, "redirect", CONFIG_READ);

	if (err)
		return err;
	config_use_silence(&config);
	err = take_picture(&picture, &config);
	*target = picture.target;
	free(picture.flows);
	config_close(&config);
	return err;
}

/* A call that was killed between its two switches leaves one direction. */
static void tell_half(const struct picture *picture, const struct config *config)
{
	const char *from = config->iface.name;
	struct interface other;
	__u32 target;

	if (!picture->target || !picture->mode.owned || !picture->mode.reverse ||
	    interface_by_index(&other, picture->mode.reverse) || find_target(&other, &target) ||
	    target == config->iface.ifindex)
		return;
	note("%s was to be redirected to %s both ways, but %s is not redirected to %s", from,
	     other.name, other.name, from);
	hint("set both again: %s --both %s %s SOURCE=DESTINATION...; or end both: %s %s off",
	     cli_command("redirect"), cli_interface(from), cli_word(other.name),
	     cli_command("redirect"), cli_interface(from));
}

static int show(const struct config *config, const struct redirect_options *options)
{
	struct picture picture;
	int err = take_picture(&picture, config);

	if (err)
		return err;
	if (config->json)
		err = print_json(&picture, config, options);
	else
		print_text(&picture, config);
	tell_half(&picture, config);
	free(picture.flows);
	return err;
}

int redirect_show(const char *from, const struct redirect_options *options)
{
	const struct config_options *how = &options->config;
	struct config config;
	int err;

	err = options->left ? config_open_left(&config, options->left, how, "redirect", CONFIG_READ)
	                    : config_open(&config, from, how, "redirect", CONFIG_READ);
	if (err)
		return EXIT_KERNEL;
	err = show(&config, options);
	config_close(&config);
	return cli_finish(err ? EXIT_KERNEL : EXIT_SUCCESS);
}

/* --- list */

/* In the order of the interfaces, as ip(8) has them. Returns an exit status. */
static int show_all(const struct redirect_all *all, const struct redirect_options *options)
{
	bool some = false, refused = all->denied;
	struct interface iface;

	for (size_t i = 0; i < all->len; i++) {
		if (interface_by_index(&iface, all->ifindexes[i]))
			continue;
		if (redirect_show(iface.name, options))
			refused = true;
		else
			some = true;
	}
	if (!refused)
		return EXIT_SUCCESS;
	return some ? EXIT_PARTLY : EXIT_KERNEL;
}

int redirect_list(const struct redirect_options *options)
{
	struct redirect_options here = *options;
	struct redirect_all all = {};
	int err = options->config.netns ? netns_enter(options->config.netns) : 0;

	here.config.netns = NULL;
	if (!err)
		err = redirect_all_find(&all);
	err = err ? EXIT_KERNEL : show_all(&all, &here);
	redirect_all_free(&all);
	return err;
}
