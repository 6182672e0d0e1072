# The lanes of scripts/test, which reads this file. A lane is a function lane_NAME that reports what it counted by
# `count PASSED FAILED SKIPPED`; a lane that stops early counts as one failure.

all_lanes=(native tidy asan)
logs=build/logs
total_passed=0 total_failed=0 total_skipped=0

count() {
  lane_passed=$((lane_passed + $1))
  lane_failed=$((lane_failed + $2))
  lane_skipped=$((lane_skipped + $3))
}

# run_lane NAME: its output goes to build/logs/NAME.log and is shown if it failed.
run_lane() {
  local started=$SECONDS log=$logs/$1.log state=ok
  mkdir -p "$logs"
  lane_passed=0 lane_failed=0 lane_skipped=0
  printf '%-10s ' "$1"
  "lane_$1" >"$log" 2>&1 || state=stopped
  if [ $state = stopped ] && [ $lane_failed -eq 0 ]; then lane_failed=1; fi
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
  ctest --test-dir "$1" --output-on-failure --no-tests=error --parallel "$(nproc)" --output-junit "$report" "${@:3}" || true
  line=$(tr '\n' ' ' <"$report" | grep -o '<testsuite [^>]*>')
  number() { sed -E "s/.* $1=\"([0-9]+)\".*/\1/" <<<"$line"; }
  local tests failures disabled skipped
  tests=$(number tests) failures=$(number failures) disabled=$(number disabled) skipped=$(number skipped)
  count $((tests - failures - disabled - skipped)) "$failures" $((skipped + disabled))
}

lane_native() {
  build_preset dev && run_ctest build/dev native -E '^tidy: '
}

lane_tidy() {
  build_preset dev && run_ctest build/dev tidy -R '^tidy: '
}

lane_asan() {
  build_preset asan && run_ctest build/asan asan -E '^tidy: '
}

# The long parts: "name|what it does", run by long_NAME.
long_parts=(
  "figures|start-up, a call beside curl, memory and sizes, each with its limit"
)

long_figures() {
  build_preset release --target orthink && build_preset wasm && python3 scripts/figures.py
}

list_long_parts() {
  echo "Long parts:"
  local part
  for part in "${long_parts[@]}"; do printf '  %-8s %s\n' "${part%%|*}" "${part#*|}"; done
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
