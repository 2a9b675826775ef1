// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/number.h"
#include "scripts/config.h"
#include "scripts/ratelimit_limit.h"
#include "scripts/source_text.h"

#define PACKETS_MAX  1000000000ULL
#define BITS_MAX     1000000000000ULL
#define BURST_MAX    1000000000000ULL
#define BURST_MAX_S  (365 * 24 * 3600ULL)
#define UNITS_PER_S  BUCKET_NS(1000000000ULL)
#define BURSTS_PER_S 10   /* unless the user says otherwise */
#define FRAME_BYTES  1514 /* the least burst that is chosen: a full Ethernet frame */

static int no_prefix(const char *text)
{
	const char *slash = strchr(text, '/');

	rejected(-EINVAL, "cannot use '%s' as a prefix", text);
	hint("give an address, or one with the bits of the network: 192.0.2.0/24, 2001:db8::/32");
	if (slash)
		number_hint(slash + 1);
	return -EINVAL;
}

/* Clear what stands behind the prefix. Returns whether there was something. */
static bool clear_host_bits(__u8 *address, unsigned int bits)
{
	bool was = false;

	for (unsigned int i = 0; i < 16; i++) {
		__u8 keep = bits >= 8 * (i + 1) ? 0xff : bits <= 8 * i ? 0 : 0xff00 >> (bits % 8);

		was |= (address[i] & ~keep) != 0;
		address[i] &= keep;
	}
	return was;
}

/* IPv4 in an address of IPv6, from ::ffff:0:0 on. */
static bool is_mapped(const struct rate_prefix *prefix)
{
	static const __u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	return prefix->source.version == 6 &&
	       !memcmp(prefix->source.address, mapped, sizeof(mapped));
}

int prefix_parse(const char *text, struct rate_prefix *prefix)
{
	char address[INET6_ADDRSTRLEN], right[PREFIX_TEXT_SIZE];
	const char *slash = strchrnul(text, '/');
	unsigned long most;
	__u64 bits;

	memset(prefix, 0, sizeof(*prefix));
	if ((size_t)(slash - text) >= sizeof(address))
		return no_prefix(text);
	memcpy(address, text, slash - text);
	address[slash - text] = '\0';
	if (inet_pton(AF_INET, address, prefix->source.address) == 1)
		prefix->source.version = 4;
	else if (inet_pton(AF_INET6, address, prefix->source.address) == 1)
		prefix->source.version = 6;
	else
		return no_prefix(text);
	most = prefix->source.version == 4 ? 32 : 128;
	bits = most;
	if (*slash && !number_parse(slash + 1, most, &bits))
		return no_prefix(text);
	if (is_mapped(prefix)) {
		rejected(-EINVAL,
		         "cannot use '%s' as a prefix: it is an IPv4-mapped address, which no "
		         "packet has",
		         text);
		hint("write the IPv4 address");
		return -EINVAL;
	}
	prefix->length = RATE_PREFIX_VERSION + bits;
	if (!clear_host_bits(prefix->source.address, bits))
		return 0;
	rejected(-EINVAL, "cannot use '%s' as a prefix: bits are set behind the first %llu", text,
	         (unsigned long long)bits);
	hint("the network is %s", prefix_text(prefix, right));
	return -EINVAL;
}

const char *prefix_text(const struct rate_prefix *prefix, char text[PREFIX_TEXT_SIZE])
{
	char address[INET6_ADDRSTRLEN];

	snprintf(text, PREFIX_TEXT_SIZE, "%s/%u", source_text(&prefix->source, address),
	         (prefix->length - RATE_PREFIX_VERSION) % 1000);
	return text;
}

/* A number, with k, M or G behind it for thousands, millions and so on. Returns 0 or -EINVAL. */
static int parse_number(const char *text, __u64 most, __u64 *number)
{
	static const char suffixes[] = "kMG";
	const char *suffix, *end;

	end = number_read(text, most, number);
	if (!end)
		return -EINVAL;
	if (!*end)
		return *number ? 0 : -EINVAL;
	suffix = strchr(suffixes, *end);
	if (!suffix || end[1])
		return -EINVAL;
	for (const char *s = suffixes; s <= suffix; s++) {
		*number *= 1000;
		if (*number > most)
			return -EINVAL;
	}
	return *number ? 0 : -EINVAL;
}

struct key {
	const char *name;
	__u64 most;
	size_t offset;
};

static const struct key keys[] = {
	{ "pps", PACKETS_MAX, offsetof(struct rate_limit, packets) },
	{ "bps", BITS_MAX, offsetof(struct rate_limit, bytes) }, /* bits, until it is complete */
	{ "burst", BURST_MAX, offsetof(struct rate_limit, burst_packets) },
	{ "burst-bytes", BURST_MAX, offsetof(struct rate_limit, burst_bytes) },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* A limit has each key once; said has a bit for each that was there. */
static int say(unsigned int *said, size_t i, const char *name)
{
	const char *clash = config_clash(*said & 1U << i ? name : NULL, name, strlen(name));

	*said |= 1U << i;
	return clash ? rejected(-EINVAL, "cannot read the limit: %s", clash) : 0;
}

static int parse_pair(const char *name, const char *value, struct rate_limit *limit,
                      unsigned int *said)
{
	if (!strcmp(name, "per")) {
		if (say(said, KEYS, name))
			return -EINVAL;
		limit->per = !strcmp(value, "prefix") ? RATE_PER_PREFIX : RATE_PER_SOURCE;
		if (!strcmp(value, "prefix") || !strcmp(value, "source"))
			return 0;
		rejected(-EINVAL, "cannot limit per '%s'", value);
		hint("a bucket for each source, or one for the whole prefix: per source, per "
		     "prefix");
		return -EINVAL;
	}
	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(name, keys[i].name) != 0)
			continue;
		if (say(said, i, name))
			return -EINVAL;
		if (!parse_number(value, keys[i].most, (void *)((char *)limit + keys[i].offset)))
			return 0;
		rejected(-EINVAL, "cannot use '%s' for %s", value, name);
		hint("a number from 1 to %llu, with k, M or G for thousands, millions, billions",
		     (unsigned long long)keys[i].most);
		number_hint(value);
		return -EINVAL;
	}
	rejected(-EINVAL, "cannot use '%s' in a limit", name);
	hint("it has pps, bps, burst, burst-bytes and per");
	return -EINVAL;
}

static __u64 at_least(__u64 least, __u64 number)
{
	return number < least ? least : number;
}

static int too_long(const char *what, const char *rate)
{
	rejected(-EINVAL, "cannot keep track of %s that takes more than a year at this rate", what);
	hint("give a smaller one, or more %s", rate);
	return -EINVAL;
}

/* Compute what the programs need. */
static int complete(struct rate_limit *limit)
{
	if (limit->packets) {
		if (!limit->burst_packets)
			limit->burst_packets = at_least(1, limit->packets / BURSTS_PER_S);
		limit->packet_cost =
			at_least(1, (UNITS_PER_S + limit->packets / 2) / limit->packets);
		if (limit->burst_packets / limit->packets >= BURST_MAX_S)
			return too_long("a burst", "pps");
		limit->packet_burst = limit->burst_packets * limit->packet_cost;
	}
	if (limit->bytes) {
		limit->bytes /= 8;
		if (!limit->burst_bytes)
			limit->burst_bytes = at_least(FRAME_BYTES, limit->bytes / BURSTS_PER_S);
		limit->byte_cost =
			at_least(1, (256 * UNITS_PER_S + limit->bytes / 2) / limit->bytes);
		if (limit->burst_bytes / limit->bytes >= BURST_MAX_S)
			return too_long("a burst", "bps");
		limit->byte_burst =
			(__u64)((unsigned __int128)limit->burst_bytes * limit->byte_cost >> 8);
	}
	return 0;
}

int limit_parse(char *const words[], int count, const struct rate_prefix *prefix,
                struct rate_limit *limit)
{
	unsigned int said = 0;
	int err;

	memset(limit, 0, sizeof(*limit));
	limit->prefix = *prefix;
	for (int i = 0; i < count; i += 2) {
		if (i + 1 == count) {
			rejected(-EINVAL, "cannot use '%s' without a value", words[i]);
			return -EINVAL;
		}
		err = parse_pair(words[i], words[i + 1], limit, &said);
		if (err)
			return err;
	}
	if (limit->bytes && limit->bytes < 8) {
		rejected(-EINVAL,
		         "cannot use '%llu' for bps: the programs count bytes, so that "
		         "the least is 8",
		         (unsigned long long)limit->bytes);
		return -EINVAL;
	}
	if ((limit->burst_packets && !limit->packets) || (limit->burst_bytes && !limit->bytes)) {
		rejected(-EINVAL, "cannot use a burst without its rate");
		hint("burst belongs to pps, burst-bytes to bps");
		return -EINVAL;
	}
	return complete(limit);
}

void limit_print(FILE *out, const struct rate_limit *limit)
{
	char text[PREFIX_TEXT_SIZE];

	fputs(prefix_text(&limit->prefix, text), out);
	if (limit->packets)
		fprintf(out, " pps %llu burst %llu", (unsigned long long)limit->packets,
		        (unsigned long long)limit->burst_packets);
	if (limit->bytes)
		fprintf(out, " bps %llu burst-bytes %llu", (unsigned long long)limit->bytes * 8,
		        (unsigned long long)limit->burst_bytes);
	fprintf(out, " per %s\n", limit->per == RATE_PER_PREFIX ? "prefix" : "source");
}
