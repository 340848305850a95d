#!/usr/bin/env bash
# Builds a librdkafka that ThreadSanitizer sees through, in the cache; quick when it is there. `./dev test --tsan` does it.
#
# Debian's starts its threads by C11's thrd_create, which ThreadSanitizer does not know: the first of them crashes. So the
# same version is built from Debian's sources with POSIX threads and instrumented; programs of --config=tsan find it first.
set -euo pipefail

cache=${SLUICE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/sluice}
home=$cache/librdkafka-tsan
version=$(dpkg-query --show --showformat '${Version}' librdkafka1)

# Where the system's packages come from, asked for sources.
source_lists() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [[ -f $file ]] || continue
    sed 's/^Types: deb$/Types: deb-src/; s/^deb /deb-src /' "$file" >"$1/$(basename "$file")"
  done
}

fetch() {
  local options=(-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$1/lists" -o "Dir::State::Lists=$1/state")
  mkdir -p "$1/lists" "$1/state/partial"
  source_lists "$1/lists" && apt-get -q "${options[@]}" update &&
    (cd "$1" && apt-get -q "${options[@]}" source "librdkafka=$version")
}

build() {
  (
    cd "$1"/librdkafka-*/ &&
      export CC=clang-19 CXX=clang++-19 CFLAGS='-g -O1 -fsanitize=thread' LDFLAGS=-fsanitize=thread &&
      ./configure --disable-c11threads --disable-curl &&
      make -j2 -C src librdkafka.so.1 &&
      cp src/librdkafka.so.1 "$1"
  ) && echo "$version" >"$1/version"
}

main() {
  local work
  [[ $(cat "$home/version" 2>/dev/null) != "$version" ]] || return 0
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/librdkafka.XXXXXX")
  echo "librdkafka $version: building it for ThreadSanitizer" >&2
  if ! { fetch "$work" && build "$work"; } >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    echo "librdkafka could not be built for ThreadSanitizer; everything is in $work" >&2
    exit 1
  fi
  rm -rf "$home"
  mv -T "$work" "$home"
}

main
