/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of pinning/inspect share. */
#ifndef PINNING_INSPECT_INTERNAL_H
#define PINNING_INSPECT_INTERNAL_H

#include <linux/bpf.h>
#include "pinning/inspect.h"

/* Names in the file; "" if they cannot be read. Valid as long as in->elf. */
const char *inspect_section_name(const struct inspection *in, Elf_Scn *scn);
const char *inspect_symbol_name(const struct inspection *in, const GElf_Sym *sym);

/* The symbol of that index. Returns false if there is none. */
bool inspect_symbol(const struct inspection *in, size_t index, GElf_Sym *sym);

/* A section of instructions that is not empty. */
bool inspect_is_code(Elf_Scn *scn);

/*
 * inspect_elf.c: open the file, and find its sections, programs and, if their definitions are in
 * the old dialect, maps. Reports its failures. Returns 0 or a negative errno.
 */
int inspect_read_elf(struct inspection *in);

/* inspect_libbpf.c: open it by libbpf, and take over what that knows of programs and maps. */
void inspect_read_libbpf(struct inspection *in);

/* inspect_code.c: what instructions and relocations of each program need. */
void inspect_read_code(struct inspection *in);

/* inspect_loaders.c, after all of these: what each loader says. */
void inspect_judge(struct inspection *in);

/*
 * inspect_legacy.c: what iproute2's own loader says of a section, whatever the type of its program.
 */
void inspect_judge_legacy(const struct inspection *in, const struct inspect_prog *prog,
                          struct inspect_verdict *verdict);

/* inspect_notes.c: what a user should know besides. */
void inspect_take_notes(struct inspection *in);

/*
 * inspect_guard.c: run a function on the file in a process of its own, since libraries crash on
 * damaged files. It puts into why what it has to say if it returns an error. Returns its return
 * value, or -EFAULT if it crashed.
 */
typedef int inspect_run(const char *path, void *arg, char why[INSPECT_WHY]);
int inspect_guard(inspect_run *run, const char *path, void *arg, char why[INSPECT_WHY]);

/* inspect_externs.c: the kernel that runs has a function of that name, for programs to call. */
bool inspect_kernel_has(const char *name);

/* Add to a list what is not in it yet. Returns 0 or -ENOMEM. */
int inspect_need(struct inspect_needs *needs, unsigned int version, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* inspect_kernels.c: the tables. Each returns 0 if the version is not known. */
unsigned int inspect_helper_version(unsigned int id);
unsigned int inspect_map_version(__u32 type);
/* Of a program that runs on no hook of an interface; the section tells what types have in common.
 */
unsigned int inspect_prog_version(enum bpf_prog_type type, const char *section);
/* A function that programs call by its name. */
unsigned int inspect_function_version(const char *name);
bool inspect_helper_is_gpl(unsigned int id);
bool inspect_license_is_gpl(const char *license);
/* "fib_lookup", or NULL for a helper that came after this was written. */
const char *inspect_helper_name(unsigned int id);

#endif
