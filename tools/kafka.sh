#!/usr/bin/env bash
# A real Apache Kafka of one node (KRaft), for tests and for `./dev kafka`: its jars come from Maven Central, once.
#
#   kafka.sh fetch                     the jars into the cache
#   kafka.sh start PORT DIR            a broker with its data in DIR, on 127.0.0.1: plain on PORT, TLS on PORT+1, SASL on
#                                      PORT+2, SASL over TLS on PORT+3; PORT+4 is its own
#   kafka.sh stop DIR                  ends it, as SIGTERM does
#   kafka.sh admin CLASS ARGUMENT…     one of Kafka's tools, such as org.apache.kafka.tools.TopicCommand
#
# SLUICE_KAFKA_VERSION: 3.9.2 (default), or 4.x. SLUICE_KAFKA_MEMORY: the broker's heap, 256m. SLUICE_KAFKA_CLIENT_AUTH:
# required, for clients that have to show a certificate. SLUICE_KAFKA_CONFIG: further lines for server.properties.
# SLUICE_KAFKA_CERT_DAYS: how long a server's certificate holds; 0: it has expired.
# User "app", password "app-secret", for PLAIN and both SCRAMs.
set -euo pipefail

version=${SLUICE_KAFKA_VERSION:-3.9.2}
cache=${SLUICE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/sluice}
home=$cache/kafka-$version
user=app
password=app-secret

die() {
  echo "kafka: $*" >&2
  exit 1
}

pom() {
  local binding=''
  # 3.9 brings slf4j's binding; 4.x one for another slf4j.
  [[ $version == 3.* ]] || binding='
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>'
  cat <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$version</version></dependency>$binding
  </dependencies>
</project>
POM
}

fetch() {
  local work
  [[ ! -d $home ]] || return 0
  command -v mvn >/dev/null || die "maven is missing: ./dev setup installs it"
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/kafka.XXXXXX")
  pom >"$work/pom.xml"
  echo "kafka: fetching Apache Kafka $version" >&2
  mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/libs" \
    >"$work/mvn.log" 2>&1 </dev/null || {
    tail -n 20 "$work/mvn.log" >&2
    rm -rf "$work"
    die "the jars could not be fetched"
  }
  # All at once, so that two who fetch do no harm.
  mv -T "$work" "$home" 2>/dev/null || rm -rf "$work"
}

run_java() {
  java -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error -Dlog4j.configuration=file:"$cache/log4j.off" \
    -cp "$home/libs/*" "$@"
}

sign() { # DIR NAME SUBJECT DAYS [EXTENSIONS]
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$3" -keyout "$1/$2.key" -out "$1/$2.csr" 2>/dev/null
  printf '%s\n' "${5:-}" >"$1/$2.ext"
  if (($4 > 0)); then
    openssl x509 -req -in "$1/$2.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days "$4" -extfile "$1/$2.ext" \
      -out "$1/$2.pem" 2>/dev/null
  else
    mkdir -p "$1/ca" && : >"$1/ca/index" && echo 01 >"$1/ca/serial"
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/ca/index\nserial=%s/ca/serial\nnew_certs_dir=%s/ca\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' \
      "$1" "$1" "$1" >"$1/ca/ca.conf"
    openssl ca -batch -config "$1/ca/ca.conf" -cert "$1/ca.pem" -keyfile "$1/ca.key" -in "$1/$2.csr" -out "$1/$2.pem" \
      -extfile "$1/$2.ext" -startdate 20200101000000Z -enddate 20200102000000Z -notext 2>/dev/null
  fi
}

certificates() { # DIR
  local tls=$1/tls
  [[ ! -e $tls/server-full.pem ]] || return 0
  mkdir -p "$tls"
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=test-ca -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=other-ca -keyout "$tls/other.key" -out "$tls/other-ca.pem" 2>/dev/null
  sign "$tls" server localhost "${SLUICE_KAFKA_CERT_DAYS:-3650}" 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  sign "$tls" client client 3650
  cat "$tls/server.key" "$tls/server.pem" "$tls/ca.pem" >"$tls/server-full.pem"
}

properties() { # PORT DIR
  local plain=$1 dir=$2 name
  cat <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((plain + 4))
listeners=PLAINTEXT://127.0.0.1:$plain,SSL://127.0.0.1:$((plain + 1)),SASL_PLAINTEXT://127.0.0.1:$((plain + 2)),SASL_SSL://127.0.0.1:$((plain + 3)),CONTROLLER://127.0.0.1:$((plain + 4))
advertised.listeners=PLAINTEXT://127.0.0.1:$plain,SSL://127.0.0.1:$((plain + 1)),SASL_PLAINTEXT://127.0.0.1:$((plain + 2)),SASL_SSL://127.0.0.1:$((plain + 3))
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
ssl.keystore.type=PEM
ssl.keystore.location=$dir/tls/server-full.pem
ssl.truststore.type=PEM
ssl.truststore.location=$dir/tls/ca.pem
ssl.client.auth=${SLUICE_KAFKA_CLIENT_AUTH:-none}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
log.dirs=$dir/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
${SLUICE_KAFKA_CONFIG:-}
PROPERTIES
  for name in sasl_plaintext sasl_ssl; do
    echo "listener.name.$name.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_$user=\"$password\";"
    for scram in scram-sha-256 scram-sha-512; do
      echo "listener.name.$name.$scram.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
    done
  done
}

format() { # DIR: once, with the user for SCRAM
  local id
  [[ ! -e $1/data/meta.properties ]] || return 0
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
  run_java kafka.tools.StorageTool format -t "$id" -c "$1/server.properties" \
    --add-scram "SCRAM-SHA-256=[name=$user,password=$password]" \
    --add-scram "SCRAM-SHA-512=[name=$user,password=$password]" >"$1/format.out" 2>&1 || {
    cat "$1/format.out" >&2
    die "the data directory could not be made"
  }
}

answers() { # PORT
  # The broker's own word for it: metadata that lists it.
  kcat -b "127.0.0.1:$1" -L -m 1 2>/dev/null | grep -q 'broker 1 at'
}

start() { # PORT DIR
  local port=$1 dir memory=${SLUICE_KAFKA_MEMORY:-256m}
  fetch
  mkdir -p "$2"
  dir=$(cd "$2" && pwd)
  [[ ! -e $dir/pid ]] || ! kill -0 "$(cat "$dir/pid")" 2>/dev/null || die "$dir is in use by process $(cat "$dir/pid")"
  certificates "$dir"
  properties "$port" "$dir" >"$dir/server.properties"
  printf 'log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.PatternLayout\nlog4j.appender.out.layout.ConversionPattern=%%d %%p %%m (%%c)%%n\n' >"$dir/log4j.properties"
  printf 'log4j.rootLogger=OFF\n' >"$cache/log4j.off"
  format "$dir"
  setsid nohup java -Xms"$memory" -Xmx"$memory" -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError \
    -Dlog4j.configuration=file:"$dir/log4j.properties" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -cp "$home/libs/*" kafka.Kafka "$dir/server.properties" >>"$dir/kafka.out" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  for _ in $(seq 1 900); do
    kill -0 "$(cat "$dir/pid")" 2>/dev/null || {
      tail -n 30 "$dir/kafka.out" >&2
      die "the broker ended"
    }
    ! answers "$port" || return 0
    sleep 0.1
  done
  die "the broker is not ready after 90 s; see $dir/kafka.out"
}

stop() { # DIR
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 1 150); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
  rm -f "$1/pid"
}

case ${1:-} in
  fetch) fetch ;;
  start) start "${2:?a port}" "${3:?a directory}" ;;
  stop) stop "${2:?a directory}" ;;
  admin)
    fetch
    shift
    run_java "$@"
    ;;
  *)
    sed -n '2,15p' "$0"
    exit 2
    ;;
esac
