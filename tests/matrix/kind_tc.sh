# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# tc filter … bpf obj, with or without libbpf; with the maps in the directory of the interface (env).

tc_load() { echo "$(env_words)tc filter add dev v0 ingress pref 10 handle 1 bpf da obj $objects/NAME.o sec SECTION"; }
tc_over() { echo "$(env_words)tc filter replace dev v0 ingress PLACE bpf da obj $objects/NAME.o sec SECTION"; }
tc_off() { echo "tc filter del dev v0 ingress PLACE bpf"; }
tc_version() { iproute2_version tc; }
