# The lanes of scripts/test, which reads this file. A lane is a function lane_NAME that reports what it counted by
# `count PASSED FAILED SKIPPED`; a lane that stops early counts as one failure.

all_lanes=(native tidy model wasm mcp asan tsan fuzz)
logs=build/logs
# What may take no longer, in seconds, on however slow a machine: a lane, node's runner, one file of its tests, one test of ctest that does not
# say otherwise.
lane_limit=${ORTHINK_LANE_LIMIT:-2700} node_limit=${ORTHINK_NODE_LIMIT:-1500} file_limit=${ORTHINK_FILE_LIMIT:-900} test_limit=${ORTHINK_TEST_LIMIT:-300}
session=
total_passed=0 total_failed=0 total_skipped=0

count() {
  if ! [[ "$*" =~ ^[0-9]+\ [0-9]+\ [0-9]+$ ]]; then
    echo "scripts/test: no totals were reported: '$*'"
    lane_failed=$((lane_failed + 1))
    return
  fi
  lane_passed=$((lane_passed + $1))
  lane_failed=$((lane_failed + $2))
  lane_skipped=$((lane_skipped + $3))
}

# Kills what there still is of the session.
end_session() {
  local stat line fields
  [ -n "$session" ] || return 0
  for stat in /proc/[0-9]*/stat; do
    { line=$(<"$stat"); } 2>/dev/null || continue
    read -ra fields <<<"${line##*) }"
    if [ "${fields[3]}" = "$session" ]; then kill -KILL "${line%% *}" 2>/dev/null || true; fi
  done
  session=
}

# tell_if_late CODE WHAT: whether that is the code of a command that `timeout` has ended.
tell_if_late() {
  case $1 in 124 | 137) echo "scripts/test: $2 took too long and was ended" ;; *) return 1 ;; esac
}

# bounded SECONDS COMMAND...: in a session of its own, of which nothing is left afterwards.
bounded() {
  local code=0
  setsid timeout --kill-after=20 "$1" "${@:2}" &
  session=$!
  wait "$session" || code=$?
  end_session
  return $code
}

# count_lane NAME: runs it and leaves its counts in build/logs/NAME.counts.
count_lane() {
  local state=ok
  lane_passed=0 lane_failed=0 lane_skipped=0
  "lane_$1" || state=stopped
  if [ $lane_failed -eq 0 ] && { [ $state = stopped ] || [ $lane_passed -eq 0 ]; }; then lane_failed=1; fi
  echo "$lane_passed $lane_failed $lane_skipped" >"$logs/$1.counts"
}

# run_lane NAME: its output goes to build/logs/NAME.log and is shown if it failed.
run_lane() {
  local started=$SECONDS log=$logs/$1.log code=0
  mkdir -p "$logs"
  echo 0 1 0 >"$logs/$1.counts"
  printf '%-10s ' "$1"
  bounded "$lane_limit" bash -uo pipefail -c '. scripts/lanes.sh && count_lane "$1"' scripts/test "$1" >"$log" 2>&1 || code=$?
  tell_if_late $code "lane $1" >>"$log" || true
  read -r lane_passed lane_failed lane_skipped <"$logs/$1.counts"
  printf '%5d passed, %d failed, %d skipped, %d s\n' $lane_passed $lane_failed $lane_skipped $((SECONDS - started))
  if [ $lane_failed -ne 0 ]; then
    echo "---- the end of $log ----"
    tail -n 150 "$log"
    echo "----"
  fi
  total_passed=$((total_passed + lane_passed))
  total_failed=$((total_failed + lane_failed))
  total_skipped=$((total_skipped + lane_skipped))
}

print_totals() {
  if [ $total_skipped -gt 0 ]; then
    echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
  else
    echo "$total_passed passed, $total_failed failed"
  fi
  [ $total_failed -eq 0 ]
}

build_preset() {
  cmake --preset "$1" && cmake --build --preset "$1" "${@:2}"
}

# run_ctest FOLDER NAME [ctest arguments]: counts test cases from ctest's own JUnit report.
run_ctest() {
  local report=$PWD/$logs/$2.xml line
  rm -f "$report"
  ctest --test-dir "$1" --output-on-failure --no-tests=error --parallel "$(nproc)" --timeout "$test_limit" --output-junit "$report" \
    "${@:3}" || true
  line=$(tr -s '\n\t ' ' ' <"$report" | grep -o '<testsuite [^>]*>')
  attribute() { sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" <<<"$line"; }
  local failures skipped
  failures=$(attribute failures) skipped=$(($(attribute skipped) + $(attribute disabled)))
  count $(($(attribute tests) - failures - skipped)) "$failures" "$skipped"
}

lane_native() {
  build_preset dev && ORTHINK_SIM_EVENTS=${ORTHINK_SIM_EVENTS:-10000000} run_ctest build/dev native -E '^tidy: '
}

lane_tidy() {
  build_preset dev && run_ctest build/dev tidy -R '^tidy: '
}

lane_asan() {
  build_preset asan && run_ctest build/asan asan -E '^tidy: '
}

lane_tsan() {
  build_preset tsan && run_ctest build/tsan tsan -R '^rigs: threads|^native_(serve|observe)_test: '
}

# Every state of the ledger's model, and the mistakes planted in it.
lane_model() {
  if tests/model/check.sh; then count 1 0 0; else count 0 1 0; fi
}

# The loader in Node, the page in Chromium and the edge module in workerd, all compared with the native program.
lane_wasm() {
  build_preset release --target orthink && build_preset dev --target apply_batches && build_preset wasm && run_node wasm tests/wasm/*.test.mjs
}

# Real clients against the real program over both transports, behind nginx too; the official conformance suite.
lane_mcp() {
  build_preset release --target orthink || return 1
  if [ -e tests/mcp/CMakeLists.txt ]; then build_preset dev --target mcp_fixture || return 1; fi
  run_node mcp tests/mcp/*.test.mjs
}

# run_node NAME files...: counts what node's own runner counts.
run_node() {
  local report=$logs/$1.tap code=0
  rm -f "$report"
  timeout --kill-after=20 "$node_limit" scripts/node --test --test-timeout=$((file_limit * 1000)) --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$report" "${@:2}" || code=$?
  total() { sed -nE "s/^# $1 ([0-9]+)$/\1/p" "$report"; }
  if tell_if_late $code "node's runner" || [ -z "$(total todo)" ]; then count; return; fi
  count "$(total pass)" $(($(total fail) + $(total cancelled))) $(($(total skipped) + $(total todo)))
}

# One fuzz target for FUZZ_SECONDS, from its own first inputs and, where there are any, recorded bodies.
fuzz_target() {
  local name=$1 inputs=() options=() code=0
  mkdir -p "build/fuzz/corpus/$name" build/fuzz/crashes
  if [ -d "tests/fuzz/corpus/${name%_fuzz}" ]; then inputs+=("tests/fuzz/corpus/${name%_fuzz}"); fi
  if [ -n "${ORTHINK_RECORDINGS:-}" ]; then inputs+=("$ORTHINK_RECORDINGS"); fi
  if [ -f "tests/fuzz/${name%_fuzz}.dict" ]; then options+=("-dict=tests/fuzz/${name%_fuzz}.dict"); fi
  "build/fuzz/bin/$name" -max_total_time="$FUZZ_SECONDS" -seed="$FUZZ_SEED" -max_len=65536 -timeout=20 -rss_limit_mb=2048 \
    -artifact_prefix="build/fuzz/crashes/$name-" -print_final_stats=1 "${options[@]}" "build/fuzz/corpus/$name" "${inputs[@]}" \
    >"$logs/$name.log" 2>&1 || code=$?
  printf '%s %s: %s runs, seed %s\n' "$([ $code -eq 0 ] && echo ok || echo FAILED)" "$name" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$name.log")" "$FUZZ_SEED"
  [ $code -eq 0 ] || tail -n 40 "$logs/$name.log"
  return $code
}

# Every fuzz target for a while, as many at a time as there are processors.
run_fuzz() {
  FUZZ_SECONDS=$1 FUZZ_SEED=${FUZZ_SEED:-1}
  build_preset fuzz --target fuzz_targets || return 1
  local names name running=0
  names=$(cd tests/fuzz && ls ./*_fuzz.cpp | sed 's,^./,,; s,[.]cpp$,,')
  for name in $names; do
    if [ $running -ge "$(nproc)" ]; then
      if wait -n; then count 1 0 0; else count 0 1 0; fi
      running=$((running - 1))
    fi
    fuzz_target "$name" &
    running=$((running + 1))
  done
  for ((; running > 0; running--)); do
    if wait -n; then count 1 0 0; else count 0 1 0; fi
  done
}

lane_fuzz() {
  run_fuzz 10
}

# The long parts: "name|what it does", run by long_NAME.
long_parts=(
  "fuzz|every fuzz target for ten minutes, sanitizers on"
  "cuts|every recording and conversation cut a thousand ways instead of fifty"
  "bench|decoding: CPU ms per MB, native and in Node beside its peers, memory, instructions"
  "figures|start-up, a call beside curl, memory and sizes, each with its limit"
  "mcp|our MCP server beside the SDK's: start, calls a second, CPU, added latency, each with its limit"
  "simulation|the ledger in virtual time, 100 million events"
  "cent|8 processes of 64 threads race for the last cent, on SQLite and on Redis"
  "kills|kill -9 among paid calls: 10,000 times on SQLite, 500 on Redis, 200 at each named point"
  "power|2,000 losses of power, and disks that fail; without syncs they must lose commits"
  "torn|the upstream's stream and our own output torn at every byte"
  "stores|a million operations give the same on memory, SQLite and Redis; calls a second"
  "threads|64 threads of 100,000 operations under the thread sanitizer"
  "serving|10,000 streams, drippers, clients torn off at every byte, and calls a second with the guard and without"
  "soak|the server kept busy for twenty minutes while the upstream faults: memory, descriptors, books"
  "plants|bugs planted one by one, and the tests that catch them"
)

long_fuzz() {
  mkdir -p "$logs"
  lane_passed=0 lane_failed=0 lane_skipped=0
  run_fuzz 600
  echo "$lane_passed targets without a finding, $lane_failed with one"
  [ $lane_failed -eq 0 ]
}

long_cuts() {
  export ORTHINK_LONG=1
  build_preset dev && ctest --test-dir build/dev --output-on-failure --verbose --tests-regex '[Cc]ut|recording' && unset ORTHINK_LONG
}

long_bench() {
  build_preset bench && build_preset wasm
  build/bench/bin/decode_bench
  build/bench/bin/decode_bench --flat
  scripts/node tests/bench/decode_bench.mjs
  scripts/node tests/bench/decode_bench.mjs --cold
  count_instructions
}

# Instructions an event, from two runs of different length so that starting up falls out.
count_instructions() {
  local events instructions=()
  for events in 1000 3000; do
    valgrind --tool=callgrind --callgrind-out-file="$logs/callgrind.$events" build/bench/bin/decode_bench --small $events 2>&1 |
      tee "$logs/callgrind.$events.log"
    instructions+=("$(sed -nE 's/.*Collected : ([0-9]+).*/\1/p' "$logs/callgrind.$events.log")")
  done
  echo "instructions an event: $(((instructions[1] - instructions[0]) / 2000))"
}

long_figures() {
  build_preset release --target orthink && build_preset wasm && python3 scripts/figures.py
}

long_mcp() {
  build_preset release --target orthink && python3 tests/bench/mcp_peers.py
}

long_simulation() {
  build_preset dev --target ledger_test && ORTHINK_SIM_EVENTS=100000000 build/dev/tests/ledger_test "four nodes*"
}

# Both on what the build made last, so that parts run after one another build once.
rig() {
  build_preset dev --target "rig_$1" >/dev/null && "build/dev/rigs/$@"
}

long_cent() {
  rig last_cent --processes 8 --threads 64 --calls 1000
  rig last_cent --processes 8 --threads 64 --calls 1000 --redis 1
  rig last_cent --processes 8 --threads 64 --calls 1000 --kills 3
  rig last_cent --processes 8 --threads 64 --calls 1000 --kills 3 --redis 1
}

long_kills() {
  rig kill9 --cycles 10000
  rig kill9 --cycles 0 --points 200
  rig kill9 --cycles 500 --redis 1
  rig kill9 --cycles 0 --points 200 --redis 1
}

long_power() {
  rig power_loss --cuts 2000
  rig power_loss --cuts 200 --normal 1
  rig power_loss --cuts 0 --faults 500
}

long_torn() {
  build_preset dev --target rigs_test orthink && ORTHINK_LONG=1 build/dev/tests/rigs/rigs_test "the reader of*,the upstream*" --durations yes
}

long_stores() {
  build_preset dev --target native_store_test
  ORTHINK_DIFFERENTIAL_OPS=1000000 build/dev/tests/native/store/native_store_test "[differential]" --durations yes
  build/dev/tests/native/store/native_store_test "[speed]"
  rig latency --rate 200 --calls 4000
  rig latency --rate 200 --calls 4000 --redis 1
  rig burst
  build_preset bench --target tightness_bench && build/bench/bin/tightness_bench
}

long_threads() {
  build_preset tsan && build/tsan/rigs/contention --threads 64 --steps 1563 --accounts 16 --rounds 32 --calls 20
}

long_serving() {
  rig streams --streams 10000 --events 15 --every_ms 1000 --ramp_ms 4000
  rig drippers --drippers 1000 --readers 1000 --seconds 18
  rig torn_client --step 1
  rig two_writes --calls 1000
  rig cancels --moments 100 --within_ms 250
  rig paid_streams --streams 2000 --pace_ms 200 --ramp_ms 4000
  serving_speed
  build/speed/rigs/observed --health 20000 --paid 300
}

# Calls a second of a tool that answers at once, on the optimized build, measured by wrk on kept connections.
serving_speed() {
  cmake --preset release -B build/speed -DORTHINK_TESTS=ON >/dev/null && cmake --build build/speed --target rig_fixture_server rig_observed >/dev/null || return 1
  local guard connections address server output process
  for guard in 1 0; do
    for connections in 1 32; do
      coproc server { build/speed/rigs/fixture_server --guard "$guard" --seconds 8; }
      process=$server_PID
      exec {output}<&"${server[0]}"  # the shell forgets its own when the server has ended
      read -r address <&"$output"
      echo "guard $guard, $connections kept connections: $(wrk -t1 -c"$connections" -d5 -s tests/rigs/echo.lua "$address" | grep -E 'Requests/sec|requests in|Non-2xx' | tr -s '\n ' ' ')"
      cat <&"$output"
      exec {output}<&-
      wait "$process"
    done
  done
}

long_soak() {
  build_preset release --target orthink && python3 tests/load/soak.py --minutes 20
}

long_plants() {
  tests/plants/run.py
}

list_long_parts() {
  echo "Long parts:"
  local part
  for part in "${long_parts[@]}"; do printf '  %-10s %s\n' "${part%%|*}" "${part#*|}"; done
}

run_long_part() {
  local part
  for part in "${long_parts[@]}"; do
    if [ "${part%%|*}" = "$1" ]; then "long_$1"; return; fi
  done
  echo "scripts/test: no long part '$1'" >&2
  list_long_parts >&2
  return 2
}
