// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/mac.h"
#include "bpffs/number.h"
#include "scripts/config.h"
#include "scripts/rewrite_words.h"

bool words_next_is(const struct words *w, const char *word)
{
	return w->left && !strcmp(*w->at, word);
}

bool words_take(struct words *w, const char *word)
{
	if (!words_next_is(w, word))
		return false;
	w->at++;
	w->left--;
	return true;
}

int words_bad(const char *what, const char *word)
{
	return rejected(-EINVAL, "cannot read the rule: %s: '%s'", what, word);
}

/* The word that comes says what before has said, if that is not NULL. */
int words_once(const char *before, const char *word)
{
	const char *clash = config_clash(before, word, strlen(word));

	return clash ? rejected(-EINVAL, "cannot read the rule: %s", clash) : 0;
}

int words_once_if(bool said, const char *word)
{
	return words_once(said ? word : NULL, word);
}

const char *words_value(struct words *w, const char *of)
{
	if (!w->left) {
		rejected(-EINVAL, "cannot read the rule: no value for %s", of);
		return NULL;
	}
	w->left--;
	return *w->at++;
}

int words_number(struct words *w, const char *of, unsigned long max, __u16 *to)
{
	const char *text = words_value(w, of);
	__u64 number;

	if (!text)
		return -EINVAL;
	if (number_parse(text, max, &number)) {
		*to = number;
		return 0;
	}
	rejected(-EINVAL, "cannot read the rule: %s is no number from 0 to %lu: '%s'", of, max,
	         text);
	number_hint(text);
	return -EINVAL;
}

int words_port(struct words *w, const char *of, __be16 *to)
{
	int err = words_number(w, of, 65535, to);

	*to = htons(*to);
	return err;
}

int words_mac(struct words *w, const char *of, __u8 *to)
{
	const char *text = words_value(w, of);

	if (!text)
		return -EINVAL;
	return mac_parse(text, strlen(text), to) ? 0 : words_bad("no Ethernet address", text);
}
