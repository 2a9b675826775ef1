/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verifier's log says: its message, the source line, its effort, and what may help. */
#ifndef PINNING_EXPLAIN_VERIFIER_H
#define PINNING_EXPLAIN_VERIFIER_H

#include <linux/types.h>
#include <stdbool.h>

struct verifier_words {
	bool has_states; /* the log has the next three */
	__u32 insns, total_states, peak_states;
	char message[256]; /* why it refused, or "" */
	char source[160];  /* the line of source at which it did, or "" */
	const char *hint;  /* what helps in this usual case, or NULL */
};

/* Read a log; refused: it ends with the message of a refusal. */
void verifier_read(struct verifier_words *words, const char *log, bool refused);

/* The beginning of the last lines of a log. */
const char *verifier_last_lines(const char *log, int lines);

#endif
