// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor - say what on this machine, and on an interface, will make the other verbs fail */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/doctor_findings.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },    { "netns", required_argument, NULL, 'N' },
	{ "verbose", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' }, {},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] [<ifname>]\n"
	"Look for what will make loading, pinning or reading fail: privilege, kernel,\n"
	"BPF filesystem, other tools and, with a name, the interface and its driver.\n"
	"Each finding comes with what was seen and what to type. Nothing is changed.\n"
	"\n"
	"  -j, --json        print one JSON document\n"
	"      --netns <ns>  interface of that network namespace: name, path or pid\n"
	"  -v, --verbose     also print libbpf's messages\n"
	"  -h, --help        show this help\n"
	"  -V, --version     show the version\n"
	"\n"
	"Example: %s eth0\n";
/* clang-format on */

static int examine(const char *ifname, const char *netns, bool json)
{
	struct doctor d = {};
	struct netns_id caller;
	int err = 0;

	/* Where the tool was started decides about the home namespace, so before entering another.
	 */
	netns_caller(&caller);
	if (ifname && interface_find(&d.iface, ifname, netns))
		return EXIT_KERNEL;
	if (!ifname && netns && netns_enter(netns))
		return EXIT_KERNEL;
	d.has_iface = ifname != NULL;
	d.has_fs = bpffs_probe() >= 0 && !bpffs_open(&d.fs, BPFFS_READ);
	doctor_run(&d, doctor_caps);
	doctor_run(&d, doctor_system);
	doctor_run(&d, doctor_bpffs);
	doctor_run(&d, doctor_layout);
	doctor_run(&d, doctor_kernel);
	doctor_run(&d, doctor_tools);
	if (d.has_iface) {
		doctor_run(&d, doctor_interface);
		doctor_run(&d, doctor_places);
		doctor_run(&d, doctor_pins);
	}
	if (json)
		err = doctor_print_json(&d);
	else
		doctor_print_text(&d);
	if (d.no_memory)
		err = failed(-ENOMEM, "cannot list everything that was found");
	if (doctor_count(&d, DOCTOR_PROBLEM))
		err = -EINVAL;
	if (d.has_fs)
		bpffs_close(&d.fs);
	free(d.list);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	bool json = false, verbose = false;
	const char *netns = NULL;
	int c;

	argv[0] = (char *)cli_name("doctor");
	while ((c = cli_option(argc, argv, "jvhV", options, "")) != -1) {
		switch (c) {
		case 'j': json = true; break;
		case 'N': netns = optarg; break;
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "doctor"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("doctor " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("doctor", NULL);
		}
	}
	if (cli_expect_words("doctor", argc - optind, argv + optind, 0, 1, NULL))
		return EXIT_USAGE;
	log_init("doctor", verbose);
	return cli_finish(examine(argv[optind], netns, json));
}
