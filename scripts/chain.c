// SPDX-License-Identifier: GPL-2.0-or-later
/* chain - edit the row of programs that run one after the other on a hook of an interface */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/json.h"
#include "bpffs/log.h"
#include "bpffs/number.h"
#include "scripts/chain_row.h"
#include "scripts/config_use.h"

#define SCHEMA "ifbpf.chain/1"

static const struct option options[] = {
	{ "tc", no_argument, NULL, 't' },
	CONFIG_OPTIONS,
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname> [list]\n"
	"       chain [options] <ifname> insert | set <slot> <program>\n"
	"       chain [options] <ifname> del <slot>\n"
	"       chain [options] <ifname> move <slot> <slot>\n"
	"Edit the row of programs behind xdp_chain, or with --tc behind tc_chain. Slots\n"
	"count from 0. A program is the name of one that 'load --no-attach' prepared, or\n"
	"the path of its pin.\n"
	"\n"
	"      --tc            the row of tc, of both hooks, instead of that of XDP\n"
	"  -j, --json          print one JSON document\n"
	"      --netns <ns>    interface of that network namespace: name, path or pid\n"
	"  -v, --verbose       also print libbpf's messages\n"
	"  -h, --help          show this help\n"
	"  -V, --version       show the version\n"
	"\n"
	"Example: load --no-attach eth0 xdp_echo.o && %s eth0 insert 0 xdp_echo\n";
/* clang-format on */

static bool tc;

/* The link that it has, but that is not pinned here: another build took its place; else "". */
static void find_stray(const struct row *row, const struct member *m, char link[BPF_OBJ_NAME_LEN])
{
	*link = '\0';
	if (m->link_fd < 0)
		member_find_stray(row, m, link);
}

static struct json_object *member_json(const struct row *row, size_t slot,
                                       const struct stats_record *hits)
{
	const struct member *m = &row->member[slot + 1];
	struct json_object *to = json_object_new_object();
	char link[BPF_OBJ_NAME_LEN];

	find_stray(row, m, link);
	json_put_number(to, "slot", slot);
	json_put_string(to, "name", m->name);
	json_put_number(to, "id", m->id);
	json_put_bool(to, "hands_on", m->link_fd >= 0);
	json_put_string(to, "stray_link", link);
	json_put_number(to, "packets", hits->rx_packets);
	json_put_number(to, "bytes", hits->rx_bytes);
	json_put_string(to, "from", row->member[slot].name);
	return to;
}

static void print_member(const struct row *row, size_t slot, const struct stats_record *hits)
{
	const struct member *m = &row->member[slot + 1];
	char link[BPF_OBJ_NAME_LEN];

	find_stray(row, m, link);
	/* The counter belongs to the link which leads there. */
	printf("%s  %s  %zu  %s  id %u  %llu packets  %llu bytes  from %s", row->config->iface.name,
	       row->tc ? "tc" : "xdp", slot, m->name, m->id, (unsigned long long)hits->rx_packets,
	       (unsigned long long)hits->rx_bytes, row->member[slot].name);
	if (*link)
		printf("  (its link '%s' is not the one that is pinned)", link);
	else if (m->link_fd < 0)
		printf("  (hands nothing on)");
	putchar('\n');
}

static int list(struct config *config, char **argv, int argc)
{
	struct json_object *document = NULL, *programs = NULL;
	struct stats_record hits;
	struct row row;
	int err = 0;

	(void)argv;
	(void)argc;
	if (row_open(&row, config, tc, CONFIG_READ))
		return EXIT_KERNEL;
	if (config->json) {
		document = config_json_begin(SCHEMA, config);
		json_put_string(document, "row", tc ? "tc" : "xdp");
		programs = json_object_new_array();
		json_object_object_add(document, "programs", programs);
	}
	for (size_t slot = 0; !err && slot + 1 < row.len; slot++) {
		err = row_hits(&row, slot, &hits);
		if (!err && config->json)
			json_object_array_add(programs, member_json(&row, slot, &hits));
		else if (!err)
			print_member(&row, slot, &hits);
	}
	if (!config->json && row.len == 1)
		printf("%s  %s  -  (empty)\n", config->iface.name, tc ? "tc" : "xdp");
	row_close(&row);
	if (document && json_end(document))
		err = -ENOMEM;
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}

/* Returns whether it is one; reports if not. */
static bool read_slot(const char *text, size_t *slot)
{
	__u64 number;

	if (!number_parse(text, UINT64_MAX, &number)) {
		rejected(-EINVAL, "cannot read the slot '%s': it is a number from 0 on", text);
		number_hint(text);
		return false;
	}
	*slot = number;
	if (number < CHAIN_PROGRAMS)
		return true;
	rejected(-ERANGE, "cannot use slot %s: a row has slots 0 to %d at most", text,
	         CHAIN_PROGRAMS - 1);
	return false;
}

static int edit_program(struct config *config, char **argv,
                        int (*change)(struct row *row, size_t slot, const char *pin))
{
	struct row row;
	size_t slot;
	int err;

	if (!read_slot(argv[0], &slot))
		return EXIT_USAGE;
	if (row_open(&row, config, tc, CONFIG_WRITE))
		return EXIT_KERNEL;
	err = change(&row, slot, argv[1]);
	row_close(&row);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}

static int set(struct config *config, char **argv, int argc)
{
	(void)argc;
	return edit_program(config, argv, row_set);
}

static int insert(struct config *config, char **argv, int argc)
{
	(void)argc;
	return edit_program(config, argv, row_insert);
}

static int delete (struct config *config, char **argv, int argc)
{
	struct row row;
	size_t slot;
	int err;

	(void)argc;
	if (!read_slot(argv[0], &slot))
		return EXIT_USAGE;
	if (row_open(&row, config, tc, CONFIG_WRITE))
		return EXIT_KERNEL;
	err = row_delete(&row, slot);
	row_close(&row);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}

static int move(struct config *config, char **argv, int argc)
{
	size_t from, to;
	struct row row;
	int err;

	(void)argc;
	if (!read_slot(argv[0], &from) || !read_slot(argv[1], &to))
		return EXIT_USAGE;
	if (row_open(&row, config, tc, CONFIG_WRITE))
		return EXIT_KERNEL;
	err = row_move(&row, from, to);
	row_close(&row);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}

static const struct config_verb verbs[] = {
	{ "list", CONFIG_READ, 0, 0, list },  { "insert", CONFIG_WRITE, 2, 2, insert },
	{ "set", CONFIG_WRITE, 2, 2, set },   { "del", CONFIG_WRITE, 1, 1, delete },
	{ "move", CONFIG_WRITE, 2, 2, move }, {},
};

int main(int argc, char **argv)
{
	struct config_options how = {};
	int c, status;

	argv[0] = (char *)cli_name("chain");
	while ((c = cli_option(argc, argv, "jvhV", options, "")) != -1) {
		if (c == 't') {
			how.tc = tc = true;
			continue;
		}
		status = config_option(&how, c, "chain", usage);
		if (status >= 0)
			return status;
	}
	return config_run(verbs, &how, "chain", "chain", argv + optind, argc - optind);
}
