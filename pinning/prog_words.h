/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program of the kernel, in words. */
#ifndef PINNING_PROG_WORDS_H
#define PINNING_PROG_WORDS_H

#include <linux/types.h>

/* "xdp_pass (id 12, tag 3b185187f1855c4c)"; the id alone without the right to open it. */
void prog_words(__u32 prog_id, char out[128]);

#endif
