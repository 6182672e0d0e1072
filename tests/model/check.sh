#!/bin/bash
# Searches every state of the ledger's model with spin, then shows that each planted mistake is found.
#
#   tests/model/check.sh          prints the number of states; exit 1 when the model fails or a plant passes
set -euo pipefail
model=$(cd "$(dirname "$0")" && pwd)/ledger.pml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# search PLANT: prints pan's report
search() {
  spin -a -DPLANT="$1" "$model" >spin.log
  gcc -w -O2 -DSAFETY -DCOLLAPSE -o pan pan.c
  ./pan -m1000000 -w24
}

report=$(search 0)
states=$(sed -nE 's/^ *([0-9]+) states, stored$/\1/p' <<<"$report")
grep -q 'errors: 0' <<<"$report" && ! grep -q 'not completed' <<<"$report" || { echo "$report"; exit 1; }
echo "ledger model: $states states, 0 errors"
for plant in 1 2 3 4 5; do
  if grep -q 'errors: 0' <<<"$(search $plant)"; then
    echo "plant $plant was not found"
    exit 1
  fi
done
echo "5 planted mistakes, 5 found"
