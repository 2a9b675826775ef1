/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates, as every tool writes them. */
#ifndef SCRIPTS_RATE_TEXT_H
#define SCRIPTS_RATE_TEXT_H

/* "      12.5 pps    1.20 kbit/s", of a fixed width. Valid until the next call. */
const char *rate_text(double pps, double bps);

#endif
