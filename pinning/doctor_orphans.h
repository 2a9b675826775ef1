/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies in an interface's directory, and nothing that is attached needs. */
#ifndef PINNING_DOCTOR_ORPHANS_H
#define PINNING_DOCTOR_ORPHANS_H

#include "pinning/doctor_findings.h"
#include "pinning/status_look.h"

/* What the maps hold is read where it tells whether something is lost with them. */
void doctor_orphans(struct doctor *d, const struct status *st);

#endif
