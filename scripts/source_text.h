/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source addresses as text. */
#ifndef SCRIPTS_SOURCE_TEXT_H
#define SCRIPTS_SOURCE_TEXT_H

#include <netinet/in.h>
#include "objects/source.h"

/* Write an address. Returns text. */
const char *source_text(const struct source_key *key, char text[INET6_ADDRSTRLEN]);

#endif
