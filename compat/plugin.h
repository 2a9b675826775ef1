/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the plugins for tc and ip share. They do nothing in the process of tc or ip but read words,
 * and write and send a netlink message: our tools run as processes of their own. So no library of
 * ours meets another version of itself there, nothing of ours can end tc in the middle of a batch,
 * and what a tool does to files, namespaces and signals stays with it.
 */
#ifndef COMPAT_PLUGIN_H
#define COMPAT_PLUGIN_H

#include <linux/netlink.h>
#include <linux/types.h>
#include <stdbool.h>

/* Words of a command line, NULL at the end. What does not fit is left out, and full is set. */
struct plugin_words {
	const char *list[128];
	unsigned int len;
	bool full;
	bool outlives; /* the tool goes on if tc or ip is killed meanwhile */
	bool in_turn;  /* it is not to wait for the turn of a filter: this is the caller's */
	char options_of[512];
};

void plugin_add(struct plugin_words *words, const char *word);

/*
 * Hints of the tool name its options, which the plugin has not. They are to name a command that
 * takes them: its words; lead stands before it. With words that a shell would read otherwise, none.
 */
void plugin_set_hinted(struct plugin_words *words, const char *lead,
                       const struct plugin_words *command);

/* What becomes of a tool's output. */
enum plugin_output {
	PLUGIN_SHOW,  /* it goes where that of tc goes */
	PLUGIN_HIDE,  /* it goes nowhere */
	PLUGIN_QUIET, /* nor do its messages */
	PLUGIN_READ,  /* the plugin reads it */
};

/*
 * Run a tool, whose name is the first word, and wait for it. It is looked for beside the plugin in
 * the source tree, else where 'make install' put it. With PLUGIN_READ *text is what it printed, to
 * be freed, or NULL; else text may be NULL. If tc or ip is killed meanwhile, so is the tool, unless
 * it has come to the switch of a program by then, or outlives is set. Returns its exit status, or
 * -1, reported, if it could not be run or was killed.
 */
int plugin_run(const struct plugin_words *words, enum plugin_output output, char **text);

/* There is such a tool. */
bool plugin_has(const char *tool);

/*
 * 'tc -n' and 'ip -n' hide the BPF filesystem from themselves: what would be pinned there vanishes
 * with them. Check: returns 0, or -1, reported with the way around it.
 */
bool plugin_sees_bpffs(void);
int plugin_check_bpffs(void);

/* Print "ifbpf: <what failed>". Returns -1, which is what tc and ip take for a failure. */
int plugin_failed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print "ifbpf: <what the user may want to know>". */
void plugin_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print "  hint: <what the user can do>". */
void plugin_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The name of an interface of this network namespace. Returns 0, or -1, reported. */
int plugin_ifname(int ifindex, char name[]);

/* Set what a word says, once: of two the last would win. Returns 0, or -1, reported. */
int plugin_set(const char **value, const char *word, const char *text);

/* The words of a plugin: "obj" and "object-file", say, may be cut short as tc allows it. */
bool plugin_is(const char *word, const char *name);

#endif
