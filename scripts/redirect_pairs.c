// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/veth.h"
#include "scripts/redirect_all.h"
#include "scripts/redirect_pairs.h"
#include "scripts/station.h"

/* Whether what a station of it answers is redirected, rather than heard by the kernel. */
static bool is_redirected(const struct interface *iface)
{
	struct redirect_side side = { .from = *iface };
	struct redirect_mode mode;
	struct redirect_all all;
	bool is = false;
	__u32 port;

	if (!redirect_all_find(&all))
		for (size_t i = 0; !is && i < all.len; i++)
			is = all.ifindexes[i] == iface->ifindex &&
			     !redirect_side_peek(&side, &mode, &port) && (mode.ifindex || port);
	redirect_all_free(&all);
	return is;
}

static int find_station(const struct interface *iface, const char *text, struct redirect_mac *mac)
{
	int err = station_find(iface, text, mac);

	if (err == -EHOSTUNREACH && is_redirected(iface))
		hint("what it answers is redirected: name it by its hardware address, or first: %s "
		     "%s off",
		     cli_command("redirect"), cli_word(iface->name));
	return err;
}

static int read_one(const struct interface *from, const struct interface *to, const char *text,
                    struct redirect_pair *pair)
{
	const char *equals = strchr(text, '=');
	char *source;
	int err;

	if (!equals) {
		rejected(-EINVAL, "cannot read '%s' as a flow", text);
		hint("give <source>=<destination>, each a hardware or IP address");
		return -EINVAL;
	}
	source = strndup(text, (size_t)(equals - text));
	if (!source)
		return failed(-ENOMEM, "cannot read '%s'", text);
	err = find_station(from, source, &pair->source);
	if (!err)
		err = find_station(to, equals + 1, &pair->destination);
	free(source);
	return err;
}

static int list_stations(const struct interface *iface, struct redirect_mac **list, size_t *len)
{
	int err = station_list(iface, list, len);
	struct link_facts facts;
	struct veth_peer peer;

	if (err != -ENOENT || link_facts_get(iface->ifindex, &facts))
		return err;
	if (veth_peer_get(&facts, &peer) == -EPERM) {
		hint("or have the other end of %s looked at:", iface->name);
		access_hint("CAP_SYS_ADMIN");
	}
	if (peer.netns_fd >= 0)
		close(peer.netns_fd);
	return err;
}

static int pair_all(const struct interface *from, const struct interface *to,
                    struct redirect_pair **pairs, size_t *len)
{
	struct redirect_mac *sources = NULL, *destinations = NULL;
	size_t sources_len = 0, destinations_len = 0;
	int err = list_stations(from, &sources, &sources_len);

	*pairs = NULL;
	if (!err)
		err = list_stations(to, &destinations, &destinations_len);
	if (!err && destinations_len > 1) {
		err = rejected(-EINVAL, "cannot choose among the %zu stations on %s",
		               destinations_len, to->name);
		hint("say which: %s %s %s <source>=<destination>...", cli_command("redirect"),
		     cli_interface(from->name), cli_word(to->name));
	}
	if (!err) {
		*pairs = calloc(sources_len, sizeof(**pairs));
		if (!*pairs)
			err = failed(-ENOMEM, "cannot list the stations on %s", from->name);
	}
	for (size_t i = 0; !err && i < sources_len; i++)
		(*pairs)[i] = (struct redirect_pair){ sources[i], destinations[0] };
	*len = sources_len;
	free(sources);
	free(destinations);
	return err;
}

/* A station's frames go to one destination. */
static int find_clash(char **texts, const struct redirect_pair *pairs, size_t len)
{
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < i; j++)
			if (station_equal(&pairs[i].source, &pairs[j].source))
				return rejected(-EINVAL, "cannot read the flows: %s",
				                config_clash(texts[j], texts[i], strlen(texts[i])));
	return 0;
}

int redirect_pairs_read(const struct interface *from, const struct interface *to, char **texts,
                        int texts_len, struct redirect_pair **pairs, size_t *len)
{
	int err = 0;

	if (!texts_len)
		return pair_all(from, to, pairs, len);
	*len = (size_t)texts_len;
	*pairs = calloc(*len, sizeof(**pairs));
	if (!*pairs)
		return failed(-ENOMEM, "cannot read the flows");
	for (size_t i = 0; !err && i < *len; i++)
		err = read_one(from, to, texts[i], &(*pairs)[i]);
	if (!err)
		err = find_clash(texts, *pairs, *len);
	if (err) {
		free(*pairs);
		*pairs = NULL;
	}
	return err;
}

int redirect_pairs_reverse(const struct redirect_pair *pairs, size_t len,
                           struct redirect_pair **reverse)
{
	char text[STATION_TEXT_SIZE];

	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!station_equal(&pairs[i].destination, &pairs[j].destination) ||
			    station_equal(&pairs[i].source, &pairs[j].source))
				continue;
			station_format(&pairs[i].destination, text);
			rejected(-EINVAL, "cannot redirect both ways: two stations lead to %s",
			         text);
			hint("name flows so that each has a destination of its own");
			return -EINVAL;
		}
	}
	*reverse = calloc(len, sizeof(**reverse));
	if (!*reverse)
		return failed(-ENOMEM, "cannot turn the flows round");
	for (size_t i = 0; i < len; i++)
		(*reverse)[i] = (struct redirect_pair){ pairs[i].destination, pairs[i].source };
	return 0;
}

/* --- beside what is set */

static const struct redirect_pair *find_source(const struct redirect_side *side,
                                               const struct redirect_mac *source)
{
	for (size_t i = 0; i < side->len; i++)
		if (station_equal(&side->pairs[i].source, source))
			return &side->pairs[i];
	return NULL;
}

static int refuse_way(const struct redirect_side *side, const struct redirect_pair *set)
{
	char source[STATION_TEXT_SIZE], destination[STATION_TEXT_SIZE];

	station_format(&set->source, source);
	station_format(&set->destination, destination);
	rejected(-EEXIST, "cannot redirect both ways: %s of %s leads to %s already", source,
	         side->from.name, destination);
	hint("name flows so that each has a destination of its own, or begin anew: %s %s off",
	     cli_command("redirect"), cli_interface(side->from.name));
	return -EEXIST;
}

int redirect_pairs_check_ways(const struct redirect_side *there, const struct redirect_side *back)
{
	const struct redirect_pair *set, *way;

	for (size_t i = 0; i < there->flows_len; i++) {
		set = &there->flows[i].pair;
		if (find_source(back, &set->destination) && !find_source(there, &set->source))
			return refuse_way(there, set);
	}
	for (size_t i = 0; i < back->flows_len; i++) {
		set = &back->flows[i].pair;
		way = find_source(back, &set->source);
		if (way && !station_equal(&way->destination, &set->destination) &&
		    !find_source(there, &set->destination))
			return refuse_way(back, set);
	}
	return 0;
}

bool redirect_pairs_is_old_way(const struct redirect_side *there, const struct redirect_side *back,
                               const struct redirect_pair *way)
{
	const struct redirect_pair *now = find_source(there, &way->destination), *set;

	if (!now || find_source(back, &way->source))
		return false;
	for (size_t i = 0; i < there->flows_len; i++) {
		set = &there->flows[i].pair;
		if (station_equal(&set->source, &way->destination) &&
		    station_equal(&set->destination, &way->source))
			return !station_equal(&set->destination, &now->destination);
	}
	return false;
}
