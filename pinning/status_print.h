/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface as text, as a table of links, or as a JSON document. */
#ifndef PINNING_STATUS_PRINT_H
#define PINNING_STATUS_PRINT_H

#include "pinning/status_look.h"

void status_print_text(const struct status *st);
void status_print_links(const struct status *st);

/* Print ifbpf.status/1 on one line. Returns 0 or -ENOMEM, reported. */
int status_print_json(const struct status *st, const struct status_scope *scope);

#endif
