/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a rule of rewriting, one after the other. What is wrong with one is reported. */
#ifndef SCRIPTS_REWRITE_WORDS_H
#define SCRIPTS_REWRITE_WORDS_H

#include <linux/types.h>
#include <stdbool.h>

struct words {
	char **at;
	int left;
	const char *direction, *protocol, *src, *dst; /* the words that said so */
};

bool words_next_is(const struct words *w, const char *word);

/* Go on to the next word if this one comes. Returns whether it does. */
bool words_take(struct words *w, const char *word);

/* Report a word that is wrong. Returns -EINVAL. */
int words_bad(const char *what, const char *word);

/* The word says what before has said, if that is not NULL. Returns 0 or -EINVAL. */
int words_once(const char *before, const char *word);
int words_once_if(bool said, const char *word);

/* The next word as the value of something; NULL if there is none. */
const char *words_value(struct words *w, const char *of);

/* The same as a number from 0 to max, a port, an Ethernet address. Return 0 or -EINVAL. */
int words_number(struct words *w, const char *of, unsigned long max, __u16 *to);
int words_port(struct words *w, const char *of, __be16 *to);
int words_mac(struct words *w, const char *of, __u8 *to);

#endif
