/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tools that configure pinned maps have in common: options, verbs, the interface, its
 * directory and its maps. They never load anything: what is not pinned is not there.
 */
#ifndef SCRIPTS_CONFIG_H
#define SCRIPTS_CONFIG_H

#include <getopt.h>
#include <json-c/json.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include "bpffs/bpffs.h"
#include "bpffs/directory.h"
#include "bpffs/interface.h"

/* The options of every such tool; its usage lists them, in this order, behind its own. */
#define CONFIG_OPTIONS                                                                             \
	{ "json", no_argument, NULL, 'j' }, { "netns", required_argument, NULL, 'N' },             \
		{ "verbose", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' },         \
	{                                                                                          \
		"version", no_argument, NULL, 'V'                                                  \
	}

/*
 * Each thing is said once. Returns NULL if before, the word that said it before, is NULL; else why
 * another word cannot be taken: it is there twice, or contradicts the other. Valid until the next
 * call.
 */
const char *config_clash(const char *before, const char *word, size_t len);

struct config_options {
	const char *netns; /* or NULL */
	bool json, verbose;
	bool tc; /* the objects for tc are meant, in hints */
};

/*
 * Take one of the options above from getopt_long(). Returns -1 when it was taken and the tool goes
 * on, or the exit status with which it ends now: after --help and --version, or EXIT_USAGE for an
 * option that is none.
 */
int config_option(struct config_options *options, int c, const char *tool, const char *usage);

struct config_use;

/* An interface with its directory, open for as long as a verb works. */
struct config {
	struct interface iface;
	struct bpffs fs;
	struct directory dir;
	bool json;
	const char *object; /* that makes the maps, for hints: "acl" for xdp_acl.o and tc_acl.o */
	bool tc;            /* the second of these is meant */
	bool left;          /* the interface is gone, and left its directory */
	struct config_use *use; /* whether what runs uses the maps: config_use.h; or NULL */
	/* With --json, while a verb edits: what it adds here is told with what became of it. */
	struct json_object *edit;
};

enum config_access {
	CONFIG_READ,
	CONFIG_WRITE, /* takes the interface's own lock: one editor at a time, and no loader */
	/* Of a verb: it edits, but takes the lock by itself, when it has read a file. */
	CONFIG_WRITE_LATER,
};

/*
 * Find the interface and open its directory. Reports its failures, with a hint what to load.
 * Returns 0 or a negative errno; config_close() must follow success.
 */
int config_open(struct config *config, const char *ifname, const struct config_options *options,
                const char *object, enum config_access access);
void config_close(struct config *config);

/* The same for an interface that is gone, as the record of the directory that it left has it. */
int config_open_left(struct config *config, const struct interface *gone,
                     const struct config_options *options, const char *object,
                     enum config_access access);

/* Print how to attach the tool's own program, which is prepared for that hook. */
void config_hint_attach(const struct config *config, enum hook hook);

/*
 * If the head of a row runs on a hook of that kind, hint to put a program into it that was prepared
 * there, by its name. Returns whether.
 */
bool config_hint_row(const struct config *config, enum hook hook, const char *program);

/*
 * If a program that uses the map stands in a row that waits for its head, hint to load that.
 * Returns whether. By what runs, the map is in no use.
 */
bool config_hint_head(const struct config *config, __u32 map_id);

/* Hint: "<advice>: load eth0 xdp_acl.o"; or to put it into the row if one is there. */
void config_hint_load(const struct config *config, const char *advice);

/* What a map must be for a tool to work on it. */
struct config_map {
	const char *name;
	__u32 type;
	__u32 key_size, value_size;
};

#define CONFIG_MAPS 16 /* that config_open_maps() takes */

/*
 * Open maps of the interface by their pins, the flat ones or else those of egress, read-only for
 * CONFIG_READ, all of one generation, and compare their types and sizes. fds and, if it is not
 * NULL, infos have room for `len` as well, CONFIG_MAPS at the most. If no attached program uses
 * one, that is said, once; it is no failure. Returns 0, and the caller closes each of fds; -ENOENT
 * (reported, with a hint) if there is none of a name; -EINVAL if one is another kind of map; or
 * another negative errno, reported. After a failure all fds are -1.
 */
int config_open_maps(const struct config *config, const struct config_map *maps, size_t len,
                     enum config_access access, int *fds, struct bpf_map_info *infos);

/* The same for one map. Returns its descriptor, or a negative errno. */
int config_open_map(const struct config *config, const struct config_map *map,
                    enum config_access access, struct bpf_map_info *info);

/*
 * Compare what a map is with what it must be, for tools that found it by themselves. Returns 0, or
 * -EINVAL, reported.
 */
int config_check_map(const struct config *config, const struct config_map *map,
                     const struct bpf_map_info *info);

/*
 * Wait until each program that runs now has ended, so that nobody uses what it found in a map
 * before. The kernel does so, in RCU, for whoever changes a map of maps. Some milliseconds. Returns
 * 0 or a negative errno, reported.
 */
int config_wait(void);

/*
 * A verb: "acl eth0 add 192.0.2.0/24". With --json, one that edits prints one document, also if it
 * fails: the interface, "verb", its exit "status", and what the tool adds to config->edit.
 */
struct config_verb {
	const char *name;
	enum config_access access;
	int min, max; /* arguments behind the verb; max -1: any number */
	int (*run)(struct config *config, char **argv, int argc); /* returns an exit status */
};

/*
 * Run the verb that argv[1] names on the interface that argv[0] names; the verb may be left out,
 * it is then the first of the table. verbs ends with a NULL name. Returns an exit status; misuse is
 * reported with the usage.
 */
int config_run(const struct config_verb *verbs, const struct config_options *options,
               const char *object, const char *tool, char **argv, int argc);

#endif
