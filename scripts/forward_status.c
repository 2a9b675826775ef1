// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/json.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "objects/chain.h"
#include "scripts/config_use.h"
#include "scripts/forward_maps.h"
#include "scripts/xdp_target.h"

/* For people, and as names in JSON. */
static const struct {
	const char *text, *key;
} reasons[FORWARD_REASONS] = {
	[FORWARD_LOOKED_UP] = { "forwarded by the FIB", "looked_up" },
	[FORWARD_CACHED] = { "forwarded by the cache", "cached" },
	[FORWARD_NOT_IP] = { "not IP", "not_ip" },
	[FORWARD_MALFORMED] = { "malformed or truncated", "malformed" },
	[FORWARD_VLAN] = { "with a VLAN tag", "vlan" },
	[FORWARD_OTHER_HOST] = { "broadcast or other frames", "other_host" },
	[FORWARD_OPTIONS] = { "with IP options", "options" },
	[FORWARD_ADDRESS] = { "special addresses", "address" },
	[FORWARD_TTL] = { "TTL at its end", "ttl" },
	[FORWARD_LOCAL] = { "for this host, or no route", "local" },
	[FORWARD_BLACKHOLE] = { "blackhole", "blackhole" },
	[FORWARD_UNREACHABLE] = { "unreachable", "unreachable" },
	[FORWARD_PROHIBIT] = { "prohibited", "prohibit" },
	[FORWARD_DISABLED] = { "forwarding is off", "disabled" },
	[FORWARD_ENCAPSULATED] = { "to be encapsulated", "encapsulated" },
	[FORWARD_NO_NEIGHBOUR] = { "no neighbour", "no_neighbour" },
	[FORWARD_FRAG_NEEDED] = { "above the MTU", "frag_needed" },
	[FORWARD_EXCLUDED] = { "interface excluded", "excluded" },
	[FORWARD_FAILED] = { "lookup failed", "failed" },
};

struct status {
	struct forward_settings setup;
	__u64 count[FORWARD_REASONS];
	__u32 excluded[FORWARD_EXCLUDE_MAX];
	size_t excluded_len;
};

static int read_counts(const struct config *config, struct status *status)
{
	int cpus = libbpf_num_possible_cpus(), fd, err = 0;
	__u64 *values;

	if (cpus < 0)
		return failed(cpus, "cannot count the CPUs");
	fd = forward_open_count(config);
	if (fd < 0)
		return fd;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		err = -ENOMEM;
	for (__u32 reason = 0; !err && reason < FORWARD_REASONS; reason++) {
		err = bpf_map_lookup_elem(fd, &reason, values);
		for (int cpu = 0; !err && cpu < cpus; cpu++)
			status->count[reason] += values[cpu];
	}
	free(values);
	close(fd);
	if (err)
		failed(err, "cannot read map '%s' of %s", FORWARD_COUNT_MAP, config->iface.name);
	return err;
}

static int read_excluded(const struct config *config, struct status *status)
{
	int fd = forward_open_exclude(config, CONFIG_READ), err = 0;
	__u32 *last = NULL, *list = status->excluded;

	if (fd < 0)
		return fd;
	while (!err && status->excluded_len < FORWARD_EXCLUDE_MAX) {
		err = bpf_map_get_next_key(fd, last, &list[status->excluded_len]);
		if (!err)
			last = &list[status->excluded_len++];
	}
	close(fd);
	if (!err || err == -ENOENT)
		return 0;
	return failed(err, "cannot read map '%s' of %s", FORWARD_EXCLUDE_MAP, config->iface.name);
}

/* Of each interface that would drop what a native program forwards to it: call tell. */
static void each_that_drops(const struct config *config, const struct status *status,
                            void (*tell)(const struct interface *to, enum xdp_target why,
                                         const struct veth_peer *peer, void *arg),
                            void *arg)
{
	struct if_nameindex *all = if_nameindex();
	struct interface to;
	struct veth_peer peer;
	enum xdp_target why;
	bool excluded;

	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		excluded = false;
		for (size_t j = 0; j < status->excluded_len; j++)
			excluded |= status->excluded[j] == i->if_index;
		if (excluded || !strcmp(i->if_name, "lo") || interface_by_index(&to, i->if_index))
			continue;
		why = xdp_target_judge(&to, xdp_is_native(&config->iface), &peer);
		if (why == XDP_TARGET_PEER || why == XDP_TARGET_DRIVER)
			tell(&to, why, &peer, arg);
		if (peer.netns_fd >= 0)
			close(peer.netns_fd);
	}
	if_freenameindex(all);
}

static void note_dropping(const struct interface *to, enum xdp_target why,
                          const struct veth_peer *peer, void *arg)
{
	const struct config *config = arg;

	if (why == XDP_TARGET_PEER)
		note("what %s forwards to %s is dropped: its other end, %s, has neither a native "
		     "XDP program nor GRO",
		     config->iface.name, to->name, peer->facts.name);
	else
		note("what %s forwards to %s is dropped: its driver takes no frames of XDP",
		     config->iface.name, to->name);
	hint("let the stack do it: %s %s exclude %s", cli_command("forward"),
	     cli_interface(config->iface.name), cli_word(to->name));
}

/* A program that forwards runs, and it is the one of XDP, or that as well. */
static bool is_xdp(const struct config *config)
{
	__u32 id;

	return !config_use_is_stale(config) &&
	       !pin_map_id(config->dir.fd, "forward" CHAIN_XDP_LINK, &id);
}

/* What is lost when it is forwarded. Frames above the MTU are left to the stack. */
static enum veth_loss judge_source(const struct config *config, struct veth_peer *peer)
{
	enum veth_loss loss = xdp_source_judge(&config->iface, peer);

	return is_xdp(config) && loss == VETH_LOSES_CHECKSUMS ? loss : VETH_LOSES_NOTHING;
}

static void note_losing(const struct config *config)
{
	struct veth_peer peer;
	enum veth_loss loss = judge_source(config, &peer);

	veth_peer_tell_loss(&peer, config->iface.name, loss);
	if (peer.netns_fd >= 0)
		close(peer.netns_fd);
}

/* The other end if what it sends is lost, or NULL. */
static struct json_object *losing_json(const struct config *config)
{
	struct json_object *json = NULL;
	struct veth_peer peer;

	if (judge_source(config, &peer) != VETH_LOSES_NOTHING) {
		json = json_object_new_object();
		json_put_string(json, "peer", cli_json_name(peer.facts.name));
		json_put_string(json, "what", "checksums");
	}
	if (peer.netns_fd >= 0)
		close(peer.netns_fd);
	return json;
}

static void print_text(const struct config *config, const struct status *status)
{
	struct interface iface;

	if (status->setup.cache_jiffies)
		printf("%s  cache on, at most %u ms old\n", config->iface.name,
		       forward_bound_ms(&status->setup));
	else
		printf("%s  cache off\n", config->iface.name);
	for (size_t i = 0; i < status->excluded_len; i++) {
		if (interface_by_index(&iface, status->excluded[i]))
			printf("  ifindex %u, which is gone, is excluded\n", status->excluded[i]);
		else
			printf("  %s is excluded\n", iface.name);
	}
	for (int i = 0; i < FORWARD_REASONS; i++)
		if (status->count[i] || i <= FORWARD_CACHED)
			printf("  %-27s %llu\n", reasons[i].text,
			       (unsigned long long)status->count[i]);
}

static void note_gone(const struct config *config, const struct status *status)
{
	struct interface iface;

	for (size_t i = 0; i < status->excluded_len; i++) {
		if (interface_by_index(&iface, status->excluded[i]) != -ENODEV)
			continue;
		note("the next interface with ifindex %u will be excluded", status->excluded[i]);
		hint("take out what is gone: %s %s include %u", cli_command("forward"),
		     cli_interface(config->iface.name), status->excluded[i]);
	}
}

static void add_dropping(const struct interface *to, enum xdp_target why,
                         const struct veth_peer *peer, void *arg)
{
	struct json_object *one = json_object_new_object();

	json_put_string(one, "ifname", cli_json_name(to->name));
	json_put_string(one, "peer",
	                why == XDP_TARGET_PEER ? cli_json_name(peer->facts.name) : NULL);
	json_object_array_add(arg, one);
}

static int print_json(const struct config *config, const struct status *status)
{
	struct json_object *json = config_json_begin(FORWARD_SCHEMA, config);
	struct json_object *excluded = json_object_new_array(), *drops = json_object_new_array();
	struct json_object *sent = json_object_new_object(), *passed = json_object_new_object();

	json_put_id(json, "cache_ms", forward_bound_ms(&status->setup));
	for (size_t i = 0; i < status->excluded_len; i++)
		json_object_array_add(excluded, json_object_new_uint64(status->excluded[i]));
	json_object_object_add(json, "excluded", excluded);
	for (int i = 0; i < FORWARD_REASONS; i++)
		json_put_number(i <= FORWARD_CACHED ? sent : passed, reasons[i].key,
		                status->count[i]);
	json_object_object_add(json, "forwarded", sent);
	json_object_object_add(json, "passed", passed);
	each_that_drops(config, status, add_dropping, drops);
	json_object_object_add(json, "dropping", drops);
	json_object_object_add(json, "losing", losing_json(config));
	return json_end(json);
}

int forward_status(struct config *config, char **argv, int argc)
{
	struct status status = {};

	(void)argv;
	(void)argc;
	if (forward_get_setup(config, &status.setup) || read_counts(config, &status) ||
	    read_excluded(config, &status))
		return EXIT_KERNEL;
	if (config->json)
		return print_json(config, &status) ? EXIT_KERNEL : EXIT_SUCCESS;
	print_text(config, &status);
	note_gone(config, &status);
	each_that_drops(config, &status, note_dropping, config);
	note_losing(config);
	return EXIT_SUCCESS;
}
