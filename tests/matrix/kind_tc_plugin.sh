# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# tc filter … ifbpf obj: compat/f_ifbpf.so

tc_plugin_load() { echo "tc filter add dev v0 ingress pref 10 handle 1 ifbpf da obj $objects/NAME.o sec SECTION"; }
tc_plugin_over() { echo "pin_maps v0 && tc filter replace dev v0 ingress PLACE ifbpf da obj $objects/NAME.o sec SECTION"; }
tc_plugin_off() { echo "tc filter del dev v0 ingress PLACE ifbpf"; }
tc_plugin_version() { tc_version; }
