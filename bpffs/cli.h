/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the command line tools have in common: names, words for a shell, the end of the output. */
#ifndef BPFFS_CLI_H
#define BPFFS_CLI_H

#include <stdbool.h>
#include <stdio.h>

/*
 * What a tool is called in messages: "pin_maps", or "ifbpf pin" if the front command ran this one
 * (it sets IFBPF_FRONT to "tree" or "installed"). Valid until the fourth next call.
 */
const char *cli_name(const char *tool);

/*
 * What the user types for a tool, for hints: as cli_name(), but where this one was called by a
 * path, by that of the other; the front command sets IFBPF_COMMAND to its own. Valid until the
 * fourth next call.
 */
const char *cli_command(const char *tool);

/* A plugin of tc or ip runs this tool for itself, and sees to what becomes of it: IFBPF_PLUGIN. */
bool cli_for_plugin(void);

/* Where the user finds an object of the store: among the installed ones, or in the source tree, as
 * cli_command() has its tools. */
const char *cli_object(const char *file);

/* A shell takes the name as it stands. */
bool cli_is_plain(const char *name);

/*
 * A name as one word for a shell, to be pasted from a hint: quoted if need be, and behind "--" if
 * it begins with a dash. Valid until the fourth next call.
 */
const char *cli_word(const char *name);

/* The namespace that --netns of this tool named: as cli_interface() repeats it. Not copied. */
void cli_netns(const char *netns);

/*
 * For a tool that this process becomes: what its messages say instead of its --netns, which the
 * user could not type. "": what that of this one said, or none. In IFBPF_NETNS_SAID.
 */
void cli_tell_netns(const char *netns);

/*
 * An interface behind the command in a hint: "eth0", or "--netns NS eth0" if it was found so. Valid
 * until the second next call.
 */
const char *cli_interface(const char *ifname);

/* A name for a person's eyes: control characters become \xNN. As long as cli_word(). */
const char *cli_text(const char *name);

/* An interface name for JSON, which is UTF-8: percent-encoded if it is not. As long as cli_word().
 */
const char *cli_json_name(const char *ifname);

/* How many bytes the UTF-8 sequence at s takes; 0 if it is none. */
size_t cli_utf8_length(const char *s);

/* Print a usage whose first "%s" stands for the command, and so does the second. */
void cli_usage(FILE *out, const char *usage, const char *tool);

/*
 * From here on something is changed: a reader of our output that goes away, such as head(1), must
 * not end this in the middle, nor a limit of the size of the file that it goes to. What could not
 * be written is reported by cli_finish().
 */
void cli_outlive_readers(void);

/*
 * The switch comes: a tool that was to die with its caller, as the plugins start it, goes on to the
 * end from here.
 */
void cli_outlive_caller(void);

/*
 * Wrong use: print "<command>: <what is wrong>" in one line, and where the right use is told. With
 * fmt NULL only the latter, where getopt_long() has said what is wrong. Returns EXIT_USAGE.
 */
int cli_misused(const char *tool, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct option;

/*
 * getopt_long(), but an option that takes a word is there once, unless its letter is in many: of
 * two words the last would win, and nobody be told. And "-1" is no option but a negative number,
 * which no tool takes. Either is reported, and '?' returned.
 */
int cli_option(int argc, char **argv, const char *letters, const struct option *options,
               const char *many);

/* Of "KEY=..." words, NULL at the end: the one whose key is that of text, or NULL. */
const char *cli_same_key(const char *const *words, const char *text);

/*
 * The words behind the options are to be from min to max (-1: any number); what is what they are
 * called. Returns 0, or EXIT_USAGE with the missing or the first superfluous one named.
 */
int cli_expect_words(const char *tool, int count, char **words, int min, int max,
                     const char *const what[]);

/* Flush stdout. Returns status, or EXIT_KERNEL, reported, if what was printed is lost. */
int cli_finish(int status);

/*
 * The same for a tool that changes things. What it changed it has changed, whatever becomes of the
 * words: then EXIT_PARTLY for EXIT_SUCCESS, and this is said. Before cli_outlive_readers(), as
 * with --dry-run, it is cli_finish().
 */
int cli_finish_change(int status);

#endif
