// SPDX-License-Identifier: GPL-2.0-or-later
/* btf2legacy - rewrite a BTF object for an ip or tc that was built without libbpf */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "compat/legacy_elf.h"

static const struct option options[] = {
	{ "pin", required_argument, NULL, 'p' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <object> <file>\n"
	"Write <file>, with the programs and maps of <object>, for an ip or tc that was\n"
	"built without libbpf. What those cannot load is refused, and named.\n"
	"\n"
	"  -p, --pin <place>  pin the maps: none, global (tc/globals), or a number that\n"
	"                     bpf_pinning of iproute2 knows; default: as the object says\n"
	"  -v, --verbose      also print libbpf's messages\n"
	"  -h, --help         show this help\n"
	"  -V, --version      show the version\n"
	"\n"
	"Example: %s prog.o old.o && ip link set dev eth0 xdp obj old.o sec xdp\n";
/* clang-format on */

static bool parse_pin(const char *text, long long *pinning)
{
	char *end;

	if (!strcmp(text, "none") || !strcmp(text, "global")) {
		*pinning = *text == 'n' ? LEGACY_PIN_NONE : LEGACY_PIN_GLOBAL;
		return true;
	}
	errno = 0;
	*pinning = strtoll(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *pinning <= UINT32_MAX;
}

/* A copy beside the file that is to be made, so that one that is there stays until it is done. */
static int make_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, err = 0;
	struct stat st;

	if (in < 0)
		return failed(-errno, "cannot read object %s", from);
	out = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (out < 0) {
		err = failed(-errno, "cannot write %s", to);
		close(in);
		return err;
	}
	if (fstat(in, &st))
		err = -errno;
	for (off_t done = 0; !err && done < st.st_size;) {
		ssize_t n = sendfile(out, in, &done, st.st_size - done);

		if (n <= 0)
			err = n < 0 ? -errno : -EIO;
	}
	close(in);
	if (!err)
		return out;
	close(out);
	unlink(to);
	return failed(err, "cannot copy %s", from);
}

static int rewrite(const char *from, const char *copy, long long pinning)
{
	struct legacy_elf e = { .path = from };
	int fd = make_copy(from, copy), err;

	if (fd < 0)
		return fd;
	err = legacy_check(&e, fd, ELF_C_RDWR);
	if (!err)
		err = legacy_rewrite(&e, pinning);
	legacy_close(&e);
	close(fd);
	if (err)
		unlink(copy);
	return err;
}

static int btf2legacy(const char *from, const char *to, long long pinning)
{
	char *copy;
	int err;

	if (asprintf(&copy, "%s.%d", to, getpid()) < 0)
		return failed(-ENOMEM, "cannot write %s", to);
	err = rewrite(from, copy, pinning);
	if (!err && rename(copy, to)) {
		err = failed(-errno, "cannot write %s", to);
		unlink(copy);
	}
	free(copy);
	return err;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "the object", "the file to write" };
	long long pinning = LEGACY_PIN_AS_IS;
	bool verbose = false;
	int c;

	argv[0] = (char *)cli_command("btf2legacy");
	while ((c = getopt_long(argc, argv, "p:vhV", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			if (parse_pin(optarg, &pinning))
				break;
			return cli_misused(
				"btf2legacy",
				"no such place to pin '%s'; there is none, global, and numbers",
				optarg);
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "btf2legacy"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("btf2legacy " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("btf2legacy", NULL);
		}
	}
	if (cli_expect_words("btf2legacy", argc - optind, argv + optind, 2, 2, words))
		return EXIT_USAGE;
	log_init("btf2legacy", verbose);
	return cli_finish(btf2legacy(argv[optind], argv[optind + 1], pinning) ? EXIT_KERNEL
	                                                                      : EXIT_SUCCESS);
}
