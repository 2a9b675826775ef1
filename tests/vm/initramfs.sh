#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# initramfs - the root of a VM: the build tree, the binaries that the tests need, kernel modules
set -eu
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin # depmod, for a user without them in the path

usage='Usage: tests/vm/initramfs.sh system | modules DIR
Write a cpio archive to stdout; the kernel unpacks several in a row.

  system        the files of tests/vm/packages with their libraries, and the built
                tree under /ifbpf
  modules DIR   those of tests/vm/modules, of the kernel unpacked in DIR

Example: tests/vm/initramfs.sh system >build/vm/system.cpio
'

unset CDPATH
cd "$(dirname "$0")/../.."
words() { sed 's/#.*//' "$1"; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# add_file PATH: under the same path, in the folder where it is in truth (/bin is /usr/bin).
add_file()
{
	local folder

	folder=$(realpath "${1%/*}")
	[[ ! -e $root$folder/${1##*/} ]] || return 0
	mkdir -p "$root$folder"
	cp -a "$1" "$root$folder/"
	# A link that leads to a file elsewhere, which may be of another package.
	[[ ! -L $1 || -d $1 ]] || add_file "$(realpath "$1")"
}

add_packages()
{
	local package path

	for package in $(words tests/vm/packages); do
		while read -r path; do
			case $path in
			/usr/share/doc/* | /usr/share/man/* | /usr/share/locale/* | /usr/share/info/* | \
				/usr/share/lintian/* | /usr/share/zsh/* | /usr/share/bash-completion/*) ;;
			*) [[ -d $path || ! -r $path ]] || add_file "$path" ;;
			esac
		done < <(dpkg-query -L "$package")
	done
}

# The libraries of every binary, as the loader finds them.
add_libraries()
{
	local library

	find "$root" -type f \( -perm -u+x -o -name '*.so*' \) -exec sh -c '
		for file; do
			case $(head -c 4 "$file" | tr -d "\177") in ELF) ldd "$file" ;; esac
		done' ldd {} + 2>/dev/null | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | sort -u |
		while read -r library; do
			add_file "$library"
		done
}

# The tree without what was only needed to build it.
add_tree()
{
	mkdir "$root/ifbpf"
	tar -c --exclude='./.git' --exclude='*.a' --exclude='*.d' \
		--exclude='build/pinning/*.o' --exclude='build/scripts/*.o' --exclude='build/compat/*.o' \
		--exclude='build/tests/*.o' --exclude='build/tests/packet/*.o' --exclude='./build/vm' . |
		tar -x -C "$root/ifbpf"
	chmod -R go+rX "$root/ifbpf"
	tar -c -C build tests/bpf | tar -x -C "$root/ifbpf/build"
}

# add_cache FOLDER NAME: what was fetched or built there, if it was, where the tests look for it.
add_cache()
{
	[[ -d $1 ]] || return 0
	mkdir -p "$root/root/.cache/ifbpf"
	cp -a "$1" "$root/root/.cache/ifbpf/$2"
}

# What make matrix fetched and built: there is no network inside.
add_loaders()
{
	local cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ifbpf file library

	add_cache "${MATRIX_CACHE:-$cache/loaders}" loaders
	add_cache "${LEGACY_CACHE:-$cache/iproute2}" iproute2
	# It is tried with the C library of this machine as well, which the plugins are linked with.
	file=${MATRIX_CACHE:-$cache/loaders}/bullseye/bin/tc
	[[ ! -x $file ]] || ldd "$file" | awk '$3 ~ /^\// { print $3 }' | while read -r library; do
		add_file "$library"
	done
}

system()
{
	local folder

	for folder in bin sbin lib lib64; do
		mkdir -p "$root/usr/$folder"
		ln -s "usr/$folder" "$root/$folder"
	done
	mkdir -p "$root"/{dev,etc,proc,sys,run,root,tmp,var/tmp,usr/share/base-passwd}
	chmod 1777 "$root/tmp" "$root/var/tmp"
	add_packages
	ln -sf mawk "$root/usr/bin/awk"
	ln -sf dash "$root/usr/bin/sh"
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	ln -sf /proc/self/mounts "$root/etc/mtab"
	add_tree
	add_libraries
	add_loaders
	install -m 755 tests/vm/init "$root/init"
}

# modules DIR
modules()
{
	local version name path

	version=$(basename "$1"/lib/modules/*)
	mkdir -p "$root/usr/lib/modules/$version"
	cp "$1/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$root/usr/lib/modules/$version/"
	for name in $(words tests/vm/modules); do
		modprobe -d "$1" -S "$version" --show-depends "$name" 2>/dev/null || true
	done | sed -n "s|^insmod $1||p" | sort -u | while read -r path _; do
		install -D -m 644 "$1$path" "$root/usr$path"
	done
	ln -s usr/lib "$root/lib" # where depmod looks
	depmod -b "$root" "$version"
	rm "$root/lib"
}

case ${1-} in
system) system ;;
modules) modules "${2:?which kernel}" ;;
-h | --help)
	printf '%s' "$usage"
	exit 0
	;;
*)
	printf '%s' "$usage" >&2
	exit 1
	;;
esac
(cd "$root" && find . -mindepth 1 -print0 | LC_ALL=C sort -z | cpio -0 -o -H newc -R 0:0 --quiet)
