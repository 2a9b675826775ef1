// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/name.h"

#define WORDS     4
#define WORD_SIZE 1024

bool cli_for_plugin(void)
{
	return getenv("IFBPF_PLUGIN");
}

static char *next_word(void)
{
	static char words[WORDS][WORD_SIZE];
	static unsigned int turn;

	return words[turn++ % WORDS];
}

bool cli_is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_@%+:,./-";

	return *name && name[strspn(name, plain)] == '\0';
}

const char *cli_word(const char *name)
{
	char *word = next_word(), *end = word;

	if (*name == '-')
		end += sprintf(end, "-- ");
	if (cli_is_plain(name)) {
		snprintf(end, WORD_SIZE - 4, "%s", name);
		return word;
	}
	*end++ = '\'';
	for (; *name && end < word + WORD_SIZE - 8; name++) {
		if (*name == '\'')
			end += sprintf(end, "'\\''");
		else
			*end++ = *name;
	}
	strcpy(end, "'");
	return word;
}

static const char *named_netns;

void cli_netns(const char *netns)
{
	const char *said = getenv("IFBPF_NETNS_SAID");

	named_netns = !said ? netns : *said ? said : NULL;
}

void cli_tell_netns(const char *netns)
{
	setenv("IFBPF_NETNS_SAID", !*netns && named_netns ? named_netns : netns, 1);
}

const char *cli_interface(const char *ifname)
{
	static char both[2][2 * WORD_SIZE + 16];
	static unsigned int turn;
	char *words = both[turn++ % 2];

	if (!named_netns)
		return cli_word(ifname);
	snprintf(words, sizeof(both[0]), "--netns %s %s", cli_word(named_netns), cli_word(ifname));
	return words;
}

const char *cli_text(const char *name)
{
	char *word = next_word(), *end = word;

	for (; *name && end < word + WORD_SIZE - 5; name++) {
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			end += sprintf(end, "\\x%02x", *name);
		else
			*end++ = *name;
	}
	*end = '\0';
	return word;
}

size_t cli_utf8_length(const char *text)
{
	const unsigned char *s = (const void *)text;
	size_t len = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : (*s & 0xf0) == 0xe0 ? 3 : 4;

	if (*s >= 0xf5 || (*s >= 0x80 && *s < 0xc2))
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Not longer than need be, no surrogates, nothing above U+10FFFF. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

const char *cli_json_name(const char *ifname)
{
	char *word;

	for (const char *s = ifname; *s; s += cli_utf8_length(s)) {
		if (cli_utf8_length(s))
			continue;
		word = next_word();
		return ifname_encode(ifname, word, WORD_SIZE) ? "" : word;
	}
	return ifname;
}

void cli_usage(FILE *out, const char *usage, const char *tool)
{
	const char *command = cli_name(tool), *mark;

	while ((mark = strstr(usage, "%s"))) {
		fprintf(out, "%.*s%s", (int)(mark - usage), usage, command);
		usage = mark + 2;
	}
	fputs(usage, out);
}

/* Something may have been changed. */
static bool changing;

void cli_outlive_readers(void)
{
	if (changing)
		return;
	changing = true;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void cli_outlive_caller(void)
{
	static bool done;

	if (!done)
		prctl(PR_SET_PDEATHSIG, 0);
	done = true;
}

int cli_misused(const char *tool, const char *fmt, ...)
{
	va_list args;
	char *what;
	int len;

	if (fmt) {
		va_start(args, fmt);
		len = vasprintf(&what, fmt, args);
		va_end(args);
		log_line(stderr, "%s: %s", cli_name(tool), len < 0 ? "out of memory" : what);
		if (len >= 0)
			free(what);
	}
	hint("see %s --help", cli_command(tool));
	return EXIT_USAGE;
}

/*
 * The word that getopt_long() is to look at next, if it is a number: no option is a digit, and of
 * "-1" it would say that there is no option 1.
 */
static const char *find_negative(int argc, char **argv)
{
	int i = optind;

	if (!getenv("POSIXLY_CORRECT"))
		while (i < argc && (*argv[i] != '-' || !argv[i][1]))
			i++;
	return i < argc && *argv[i] == '-' && argv[i][1] >= '0' && argv[i][1] <= '9' ? argv[i]
	                                                                             : NULL;
}

int cli_option(int argc, char **argv, const char *letters, const struct option *options,
               const char *many)
{
	static bool given[128];
	const char *negative = find_negative(argc, argv);
	int c;

	if (negative) {
		fprintf(stderr, "%s: no option, and no number may be negative: '%s'\n", argv[0],
		        negative);
		return '?';
	}
	c = getopt_long(argc, argv, letters, options, NULL);
	while (c > 0 && options->name && options->val != c)
		options++;
	if (c <= 0 || !options->name || options->has_arg == no_argument || strchr(many, c))
		return c;
	if (!given[c]) {
		given[c] = true;
		return c;
	}
	fprintf(stderr, "%s: --%s is there twice\n", argv[0], options->name);
	return '?';
}

const char *cli_same_key(const char *const *words, const char *text)
{
	size_t len = strcspn(text, "=") + 1;

	for (; *words; words++)
		if (!strncmp(*words, text, len))
			return *words;
	return NULL;
}

int cli_expect_words(const char *tool, int count, char **words, int min, int max,
                     const char *const what[])
{
	if (count < min)
		return cli_misused(tool, "%s is missing", what[count]);
	if (max >= 0 && count > max)
		return cli_misused(tool, "'%s' is one word too many", words[max]);
	return 0;
}

int cli_finish(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	failed(errno ? -errno : -EIO, "cannot write the output");
	return EXIT_KERNEL;
}

int cli_finish_change(int status)
{
	if (!changing || (status != EXIT_SUCCESS && status != EXIT_PARTLY))
		return cli_finish(status);
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	failed(errno ? -errno : -EIO, "what was asked for is %sdone, but cannot write the output",
	       status == EXIT_SUCCESS ? "" : "partly ");
	return EXIT_PARTLY;
}
