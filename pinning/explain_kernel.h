/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What BPF_PROG_LOAD checks before the verifier, told apart as far as it can be known. */
#ifndef PINNING_EXPLAIN_KERNEL_H
#define PINNING_EXPLAIN_KERNEL_H

#include <bpf/libbpf.h>
#include "pinning/explain.h"

/* The program came to the verifier; info: if it was loaded, else NULL. */
void explain_kernel_passed(struct explanation *e, const struct bpf_program *prog,
                           const struct bpf_prog_info *info);

/* It was refused before, with err. Asks the kernel by loading trivial programs of that type. */
void explain_kernel_refused(struct explanation *e, const struct bpf_program *prog, int err);

/*
 * Note a capability that is missing as what the kernel refuses, also where nothing was loaded yet.
 * Returns whether one is.
 */
bool explain_kernel_lacks(struct explanation *e);

#endif
