#!/usr/bin/env bash
# The tests of collector/log/kafka under ThreadSanitizer, with a librdkafka that is instrumented, too.
#
#   tools/tsan_kafka.sh [TARGET…]
#
# Debian's librdkafka starts its threads by C11's thrd_create, which ThreadSanitizer does not see: the first one crashes.
# So the same version is built from Debian's sources with POSIX threads, in the cache, and taken in its place.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${SLUICE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/sluice}
version=$(dpkg-query --show --showformat '${Version}' librdkafka1)
home=$cache/librdkafka-tsan-$version

# The system's sources of packages, as those of their sources.
source_lists() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [[ -f $file ]] || continue
    sed 's/^Types: deb$/Types: deb-src/; s/^deb /deb-src /' "$file" >"$1/$(basename "$file")"
  done
}

fetch() {
  local options=(-o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$1/lists" -o "Dir::State::Lists=$1/state")
  mkdir -p "$1/lists" "$1/state/partial"
  source_lists "$1/lists"
  apt-get -q "${options[@]}" update
  (cd "$1" && apt-get -q "${options[@]}" source "librdkafka=$version")
}

build() {
  local work
  work=$(mktemp -d "$cache/librdkafka.XXXXXX")
  fetch "$work"
  (
    cd "$work"/librdkafka-*/
    export CC=clang-19 CXX=clang++-19 CFLAGS='-g -O1 -fsanitize=thread' LDFLAGS=-fsanitize=thread
    ./configure --disable-c11threads --disable-curl
    make -j2 -C src librdkafka.so.1
    mkdir "$work/lib"
    cp src/librdkafka.so.1 "$work/lib"
  )
  mv -T "$work" "$home"
}

[[ -d $home ]] || build >&2
cd "$root"
# What is instrumented needs no suppression.
grep -v librdkafka tests/tsan.supp >"$home/tsan.supp"
exec bazel test --disk_cache="$cache/bazel" --config=tsan --platform_suffix=-tsan \
  --experimental_convenience_symlinks=ignore --test_timeout=3600 \
  --test_env="LD_LIBRARY_PATH=$home/lib" --test_env="TSAN_OPTIONS=suppressions=$home/tsan.supp ignore_noninstrumented_modules=1" \
  "${@:-//collector/log/kafka/...}"
