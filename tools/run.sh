# shellcheck shell=bash
# `./dev run [DIR…]`: a collector, an agent, a monitor and a live tail on this machine, until Ctrl-C. Sourced by dev.
: "${root:?}"

run_data=${SLUICE_DATA_DIR:-$root/sluice-data}
run_names=()
run_pids=()

# free_port PREFERRED: that port, or the next one nobody listens on.
free_port() {
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    port=$((port + 10))
  done
  ((port == $1)) || echo "dev: port $1 is in use, taking $port" >&2
  echo "$port"
}

# http_get PORT PATH: the whole answer, or nothing. Bash alone: a bare machine has no curl.
http_get() {
  {
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 0
    printf 'GET %s HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    timeout 2 cat <&3
    exec 3>&-
  } 2>/dev/null || true
}

# start NAME COMMAND…: in the background, out of reach of the terminal's Ctrl-C so that the stop has an order, and with
# this script when it is killed.
start() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM "$@" </dev/null &
  run_names+=("$name")
  run_pids+=($!)
}

# start_daemon NAME PORT COMMAND…: with its log in a file; returns when /readyz on PORT says so.
start_daemon() {
  local name=$1 port=$2 deadline=$((SECONDS + 30)) pid
  shift 2
  start "$name" "$@" 2>>"$run_data/$name.log"
  pid=${run_pids[-1]}
  while ((SECONDS < deadline)) && kill -0 "$pid" 2>/dev/null; do
    [[ $(http_get "$port" /readyz) != HTTP/1.?' 200'* ]] || return 0
    sleep 0.02
  done
  run_failed "$name"
}

run_failed() {
  echo "dev: the $1 is not running; the end of its log, $run_data/$1.log:" >&2
  tail -n 5 "$run_data/$1.log" >&2
  exit 1
}

# The last one started stops first: the agent waits for its acks before the collector goes.
run_stop() {
  local i
  trap '' INT TERM HUP
  for ((i = ${#run_pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${run_pids[i]}" 2>/dev/null || true
    wait "${run_pids[i]}" 2>/dev/null || true
  done
}

# Waits until one of the processes ends. A tail that ends had its reader go away; a daemon that ends is a failure.
run_wait() {
  local ended i
  wait -n -p ended "${run_pids[@]}" || true
  for i in "${!run_pids[@]}"; do
    if [[ ${run_pids[i]} == "${ended:-}" && -f $run_data/${run_names[i]}.log ]]; then
      run_failed "${run_names[i]}"
    fi
  done
}

# The agent's configuration when no directory is given: the machine's logs but for those that are databases, and a demo.
run_default_config() {
  cat <<YAML
sources:
  - name: var-log
    root: /var/log
    exclude: ["**/*.gz", "**/*.xz", "**/*.zst", "journal/**", "**/wtmp*", "**/btmp*", "**/lastlog", "**/faillog"]
  - name: demo
    root: "$run_data/demo"
YAML
}

# The monitor's: the tail shows all topics, and copies of what is severe would stand there twice.
run_monitor_config() {
  cat <<YAML
critical: {enabled: false}
YAML
}

# start_monitor GRPC_PORT HTTP_PORT
start_monitor() {
  echo "monitor, http://127.0.0.1:$2/metrics, configuration $run_data/monitor.yaml, log $run_data/monitor.log"
  [[ -f $run_data/monitor.yaml ]] || run_monitor_config >"$run_data/monitor.yaml"
  start_daemon monitor "$2" "$root/bazel-bin/consumer/sluice" monitor --config "$run_data/monitor.yaml" \
    --collector "127.0.0.1:$1" --http-address "127.0.0.1:$2" --state-dir "$run_data/monitor"
}

run() {
  local bin=$root/bazel-bin grpc http agent_http monitor_http lag deadline agent cursor
  mkdir -p "$run_data/demo"
  grpc=$(free_port 7070)
  http=$(free_port $((grpc + 1)))
  agent_http=$(free_port $((grpc + 2)))
  monitor_http=$(free_port $((grpc + 3)))
  trap 'run_stop; exit 0' INT TERM HUP
  trap run_stop EXIT

  echo "collector on 127.0.0.1:$grpc, http://127.0.0.1:$http/metrics, log $run_data/collector.log"
  start_daemon collector "$http" "$bin/collector/sluice-collector" --data-dir "$run_data/collector" \
    --grpc-address "127.0.0.1:$grpc" --http-address "127.0.0.1:$http"
  start_monitor "$grpc" "$monitor_http"
  agent=("$bin/agent/sluice-agent" --collector "127.0.0.1:$grpc" --http-address "127.0.0.1:$agent_http"
    --state-dir "$run_data/agent")

  if (($# > 0)); then
    # From where the log ends now, however long the tail takes to connect: it shows what the directories hold, and then
    # what is added.
    echo "agent on $*, http://127.0.0.1:$agent_http/metrics, log $run_data/agent.log"
    cursor=$("$bin/consumer/sluice" tail --collector "127.0.0.1:$grpc" --no-follow --from end --print-cursor 2>&1 |
      sed -n 's/^cursor: //p')
    start tail "$bin/consumer/sluice" tail --collector "127.0.0.1:$grpc" --from "${cursor:-end}"
    start_daemon agent "$agent_http" "${agent[@]}" "$@"
  else
    echo "agent on /var/log and $run_data/demo, http://127.0.0.1:$agent_http/metrics, log $run_data/agent.log"
    run_default_config >"$run_data/agent.yaml"
    start_daemon agent "$agent_http" "${agent[@]}" --config "$run_data/agent.yaml"
    # What the machine already had is worth a table; the tail shows what comes.
    deadline=$((SECONDS + 3))
    while ((SECONDS < deadline)); do
      lag=$(http_get "$agent_http" /metrics | sed -n 's/^sluice_agent_lag_bytes //p')
      [[ $lag != 0 ]] || break
      sleep 0.1
    done
    "$bin/consumer/sluice" topics --collector "127.0.0.1:$grpc"
    start tail "$bin/consumer/sluice" tail --collector "127.0.0.1:$grpc"
    start demo "$bin/consumer/sluice" generate --dir "$run_data/demo" --kind app --rate 5
  fi
  run_wait
}
