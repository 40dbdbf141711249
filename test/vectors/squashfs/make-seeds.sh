#!/bin/sh
# Makes the small images that tests and the fuzzer start from, with the real tools, as root: make-seeds.sh FOLDER
# One tree with every kind of inode, blocks, fragments, holes, links, owners and attributes; once more, with a folder
# large enough for an index.
set -eu
out=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree="$work/tree"
mkdir -p "$tree/dir/deeper/deepest" "$tree/empty"
cd "$tree"
: > zero
printf 'hello\n' > hello
yes 'compressible text' | head -c 4096 > one-block
yes 'more compressible text' | head -c 10000 > tail
head -c 9000 /dev/zero > hole
{ head -c 4096 /dev/zero; printf 'x%.0s' $(seq 100); } > hole-and-tail
# Bytes that do not compress and are the same each time.
seq 1 4000 | sha256sum | cut -c1-64 > random
i=0
while [ $i -lt 70 ]; do sha256sum random | cut -c1-64 | xxd -r -p >> random.bin; sha256sum random.bin | cut -c1-64 > random; i=$((i+1)); done
cp random.bin random.copy
ln hello dir/hard-link
ln -s ../hello dir/symlink
mknod dir/char c 1 3
mknod dir/block b 259 70000
mkfifo dir/fifo
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("dir/socket")'
printf 'deep' > dir/deeper/deepest/file
chmod 4755 hello; chmod 1777 empty; chown 1000:2000 tail; chown 70000:5 dir
long=$(printf 'v%.0s' $(seq 300))
setfattr -n user.tiny -v one hello
setfattr -n user.long -v "$long" hello
setfattr -n user.long -v "$long" tail
setfattr -n user.other -v two tail
setfattr -n trusted.t -v three dir
setfattr -n security.s -v four dir/deeper
setfattr -h -n trusted.link -v five dir/symlink
setfattr -n trusted.dev -v six dir/char
setfattr -n trusted.fifo -v seven dir/fifo
find . -print0 | xargs -0 touch -h -d @1700000000
make() { name=$1; shift; mksquashfs . "$out/$name.squashfs" -noappend -quiet -no-progress -mkfs-time 0 -b 4096 "$@"; }
make plain -noI -noId -noX -noD -noF
make tables -noI -noId -noX
make tails -noI -noId -noX -tailends -no-exports
make gzip
make xz -comp xz
make zstd -comp zstd
make lz4 -comp lz4
gensquashfs -q -f -k -x -c gzip -b 4096 -D . "$out/ng.squashfs"
mkdir "$work/index"
cd "$work/index"
mkdir big
i=0
while [ $i -lt 100 ]; do : > "big/$(printf 'n%03d-%0200d' $i 0)"; i=$((i+1)); done
find . -print0 | xargs -0 touch -h -d @1700000000
make index -noI -noId -no-xattrs
