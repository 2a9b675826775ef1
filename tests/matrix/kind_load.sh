# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# pinning/load, in its four ways. What another loader put there is replaced once it is adopted.

load_options()
{
	case $place:$hook in
	link:xdp) echo --link --mode skb ;;
	link:tc) echo --link ;;
	load:xdp) echo --mode skb ;;
	*) echo --tc "$place" ;;
	esac
}

load_load() { echo "load $(load_options) v0 $objects/NAME.o"; }
load_over() { echo "pin_maps v0 && $(load_load)"; }
load_off() { echo "unload --hook $hook_name v0"; }
load_version() { load --version; }
