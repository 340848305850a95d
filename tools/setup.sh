# shellcheck shell=bash
# What `./dev` needs on the machine: Debian packages, and for the tests a few tools in the cache. Sourced by dev.
# Asks nothing, does nothing that is done already, and leaves no daemon behind.
: "${cache:?}"

build_packages=(
  bazel-bootstrap bazel-platforms bazel-rules-java bazel-rules-proto bazel-skylib
  clang-19 lld-19
  libabsl-dev libbenchmark-dev libcli11-dev libcpp-httplib-dev libcurl4-openssl-dev libgmock-dev libgoogle-perftools-dev libgrpc++-dev libgtest-dev libprotobuf-dev
  libre2-dev librdkafka-dev librocksdb-dev libsimdjson-dev libspdlog-dev libssl-dev libxxhash-dev libyaml-cpp-dev libzstd-dev
  prometheus-cpp-dev protobuf-compiler protobuf-compiler-grpc zlib1g-dev
)
test_packages=(
  ca-certificates clang-format-19 curl git libclang-rt-19-dev llvm-19 logrotate
  python3 python3-pyflakes python3-pytest python3-pytest-xdist python3-yaml shellcheck tzdata util-linux zstd
)
kafka_packages=(default-jre-headless kcat maven openssl)
grpcurl_version=v1.9.1 # the newest that Debian 12's Go builds
buf_version=1.50.0
otel_version=1.38.0
clang_tidy_version=23.1.4 # looks at our own code only; Debian's looks through all headers, four times as long
setup_log=$cache/setup.log

die() {
  echo "dev: $*" >&2
  exit 1
}

# logged COMMAND…: its output goes to the set-up's log, and to the terminal if it fails.
logged() {
  local output status=0
  mkdir -p "$cache"
  output=$(mktemp)
  "$@" </dev/null >"$output" 2>&1 || status=$?
  cat "$output" >>"$setup_log"
  ((status == 0)) || tail -n 20 "$output" >&2
  rm -f "$output"
  return "$status"
}

# retry N COMMAND…: the network may have a bad moment.
retry() {
  local attempts=$1 attempt
  shift
  for ((attempt = 1; ; attempt++)); do
    "$@" && return 0
    ((attempt < attempts)) || return 1
    echo "dev: attempt $attempt failed, once more in $((attempt * 3)) s: $*" >&2
    sleep $((attempt * 3))
  done
}

as_root() {
  if ((EUID == 0)); then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

# Of the named packages, those that are not installed.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

apt_install() {
  logged as_root apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
    install --yes --no-install-recommends "$@"
}

apt_update() {
  logged as_root apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 update
}

apt_knows() {
  apt-cache show --no-all-versions -- "$@" >/dev/null 2>&1
}

# install_packages PACKAGE…: those that are missing. The package lists are fetched only if they do not do.
install_packages() {
  local missing
  command -v dpkg-query >/dev/null || die "this machine has no dpkg; Sluice builds with these Debian 12 packages: $*"
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0
  if ((EUID != 0)) && ! sudo -n true 2>/dev/null; then
    die "${#missing[@]} packages are missing, and there is neither root nor a sudo that asks nothing. As root, run:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  fi
  echo "dev: installing ${#missing[@]} packages: ${missing[*]}" >&2
  apt_knows "${missing[@]}" || retry 4 apt_update || die "apt-get update failed"
  apt_install "${missing[@]}" && return 0
  # The lists may have been older than the archive.
  retry 4 apt_update || die "apt-get update failed"
  retry 4 apt_install "${missing[@]}" || die "apt-get could not install: ${missing[*]}"
}

setup_build() {
  install_packages "${build_packages[@]}"
  write_bazelrc
}

# What Bazel cannot know by itself, for .bazelrc to import: the cache that all clones share, and where clang-tidy lies.
write_bazelrc() {
  mkdir -p .cache
  cat >".cache/dev.bazelrc.$$" <<RC
build --disk_cache=$cache/bazel
build --define=clang_tidy=$cache/bin/clang-tidy-$clang_tidy_version
RC
  mv ".cache/dev.bazelrc.$$" .cache/dev.bazelrc
}

# publish_tool FILE NAME [VERSION]: into the cache, all at once, so that two set-ups at a time do no harm.
publish_tool() {
  local file=$1 name=$2 version=${3:-}
  local target=$cache/bin/$name${version:+-$version}
  mkdir -p "$cache/bin"
  cp "$file" "$target.$$"
  chmod +x "$target.$$"
  mv "$target.$$" "$target"
  [[ -z $version ]] || ln -sfn "$name-$version" "$cache/bin/$name"
}

# From Go's module proxy, built with the Go that is there or else Debian's.
setup_grpcurl() {
  local work
  [[ ! -x $cache/bin/grpcurl-$grpcurl_version ]] || return 0
  command -v go >/dev/null || install_packages golang-go
  echo "dev: building grpcurl $grpcurl_version" >&2
  work=$(mktemp -d)
  retry 4 logged env CGO_ENABLED=0 GOBIN="$work" GOFLAGS=-buildvcs=false \
    go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$grpcurl_version" || die "could not build grpcurl"
  publish_tool "$work/grpcurl" grpcurl "$grpcurl_version"
  rm -rf "$work"
}

setup_buf() {
  local work
  [[ ! -x $cache/bin/buf-$buf_version ]] || return 0
  command -v npm >/dev/null || install_packages npm
  echo "dev: fetching buf $buf_version" >&2
  work=$(mktemp -d)
  retry 4 logged npm install --no-save --no-audit --no-fund --prefix "$work" "@bufbuild/buf@$buf_version" \
    || die "could not fetch buf"
  publish_tool "$(find "$work/node_modules/@bufbuild" -path '*/bin/buf' -size +1M)" buf "$buf_version"
  rm -rf "$work"
}

# unpack PACKAGE FILE…: programs of a Debian package, which is not installed: it would start a daemon.
unpack() {
  local package=$1 file work
  shift
  file=${!#}
  [[ ! -x $cache/bin/${file##*/} ]] || return 0
  echo "dev: fetching $package" >&2
  work=$(mktemp -d)
  apt_knows "$package" || retry 4 apt_update || die "apt-get update failed"
  (cd "$work" && retry 4 logged apt-get -o APT::Sandbox::User=root -o Acquire::Retries=3 download "$package") \
    || die "could not fetch $package"
  dpkg-deb --extract "$work/$package"_*.deb "$work/files"
  for file in "$@"; do publish_tool "$work/files/$file" "${file##*/}"; done
  rm -rf "$work"
}

setup_prometheus() {
  unpack prometheus usr/bin/prometheus usr/bin/promtool
  unpack prometheus-alertmanager usr/bin/prometheus-alertmanager
}

# A broker for tests and `./dev kafka`: Apache's jars from Maven Central, and what runs and looks into them.
setup_kafka() {
  install_packages "${kafka_packages[@]}"
  retry 4 env SLUICE_CACHE="$cache" tools/kafka.sh fetch || die "could not fetch Apache Kafka"
}

# setup_python NAME VERSION PACKAGE…: an environment of Python's in the cache, NAME-VERSION, and NAME for it.
setup_python() {
  local name=$1 version=$2 work
  shift 2
  if [[ ! -x $cache/$name-$version/bin/python3 ]]; then
    install_packages python3-venv
    echo "dev: fetching $name $version" >&2
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/$name.XXXXXX")
    logged /usr/bin/python3 -m venv "$work" || die "could not make a Python environment"
    retry 4 logged "$work/bin/python3" -m pip install --quiet --disable-pip-version-check "$@" || die "could not fetch $*"
    # Another set-up may have been as quick.
    mv --no-target-directory "$work" "$cache/$name-$version" 2>/dev/null || rm -rf "$work"
  fi
  ln -sfn "$name-$version" "$cache/$name"
}

# OpenTelemetry's SDK for Python, which the tests send logs with.
setup_otel() {
  setup_python otel "$otel_version" \
    "opentelemetry-sdk==$otel_version" "opentelemetry-exporter-otlp-proto-grpc==$otel_version"
}

setup_clang_tidy() {
  local program=$cache/bin/clang-tidy-$clang_tidy_version
  [[ ! -x $program ]] || return 0
  setup_python clang-tidy "$clang_tidy_version" "clang-tidy==$clang_tidy_version"
  mkdir -p "$cache/bin"
  ln -sfn "$(find "$cache/clang-tidy-$clang_tidy_version" -path '*/data/bin/clang-tidy')" "$program"
}

# Packages first, since apt works for one at a time; then what is fetched and built, side by side.
setup_test() {
  local packages=("${test_packages[@]}" "${kafka_packages[@]}" python3-venv) step steps=()
  command -v go >/dev/null || packages+=(golang-go)
  command -v npm >/dev/null || packages+=(npm)
  install_packages "${packages[@]}"
  for step in setup_kafka setup_grpcurl setup_otel setup_clang_tidy setup_buf setup_prometheus; do
    "$step" &
    steps+=($!)
  done
  for step in "${steps[@]}"; do wait "$step" || exit 1; done
}

setup_bench() {
  install_packages python3
}
