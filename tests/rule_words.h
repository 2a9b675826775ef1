/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of rewrite as a test writes them: words with a blank between. */
#ifndef TESTS_RULE_WORDS_H
#define TESTS_RULE_WORDS_H

#include <stdio.h>
#include <string.h>
#include "scripts/rewrite_rules.h"

#define RULE_WORDS 32

/* Read a rule as the tool does. Returns 0 or a negative errno. */
static inline int try_rule(const char *text, struct rule *rule)
{
	char copy[512], *words[RULE_WORDS], *word, *rest = copy;
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = strsep(&rest, " ")))
		words[count++] = word;
	return rule_parse(rule, words, count, true);
}

#endif
