/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the BTF of a file can be walked. */
#ifndef PINNING_BTF_CHECK_H
#define PINNING_BTF_CHECK_H

struct btf;

/*
 * See that every name is in the string table, every type that another one uses is there, no type
 * contains itself, and every member lies inside its struct. The kernel checks the same, but of a
 * file we read types before it does; libbpf does not check it. Returns 0, or -EINVAL with what is
 * wrong in why.
 */
int btf_check(const struct btf *btf, char why[96]);

#endif
