#!/usr/bin/env bash
# Trials of the scenario exactly-once with faults at random moments. After each one, kcat counts the output, too.
#   bench/exactly.sh TRIALS [ARGUMENT...]        such as: bench/exactly.sh "leader zombie zombie" --rate 100
# It starts a cluster on localhost:9092. The histories go to the directory exactly/ below TMPDIR. kcat must be installed.
# A row: the trial, its time before the fault in ms, the outputs that the drill and kcat have read with read_committed and with
# read_uncommitted, and the verdict. Exit status 1: a verdict was not PASS, or the counts differ.
set -u
read -ra trials <<<"$1"
shift
directory=${TMPDIR:-/tmp}/exactly
mkdir -p "$directory"
rm -f "$directory/in"
: >"$directory/cluster.txt" # that of an earlier run says ready
mkfifo "$directory/in"
exec 3<>"$directory/in"
./jbang cluster.java <"$directory/in" >"$directory/cluster.txt" 2>&1 3>&- &
cluster=$!
trap 'echo quit >&3; wait $cluster' EXIT
until grep -q ^ready: "$directory/cluster.txt"; do
  kill -0 $cluster || exit 3
  sleep 0.2
done

# What the drill has found: the first and the last offset, and the outputs for both kinds of readers.
found() {
  python3 - "$1" <<'END'
import json, sys
counts = {"processed": 0, "written": 0}
for line in map(json.loads, open(sys.argv[1])):
    if line["type"] in counts:
        counts[line["type"]] += sum((to - begin) // step + 1 for begin, to, step, *_ in line["records"])
    if line["type"] == "output_audit":
        begin, end = line["from"], line["end"]
print(begin, end, counts["processed"], counts["written"])
END
}

kcat_counts() { # ISOLATION OFFSET
  kcat -b localhost:9092 -C -t exactly-once-output-1p-rf2 -p 0 -o "$2" -e -q -f '%o\n' -X "isolation.level=$1" |
    wc -l
}

status=0
row='%-12s %8s %10s %10s %10s %10s  %s\n'
# shellcheck disable=SC2059
printf "$row" TRIAL BEFORE COMMITTED kcat ALL kcat VERDICT
for n in "${!trials[@]}"; do
  trial=${trials[n]}
  before=$((1000 + RANDOM % 6000))
  file=$directory/$n-$trial
  change="echo {fault} {name} >'$directory/in'; sleep 1"
  ./jbang lab/drill.java -b localhost:9092,localhost:9095 --scenario "exactly-once:$trial" --before "${before}ms" \
    --stop-command "$change" --start-command "$change" --history "$file.jsonl" "$@" >"$file.txt" 2>&1 3>&-
  verdict=$(awk -v trial="$trial" '$1 == trial {verdict = $NF} END {print verdict}' "$file.txt")
  read -r begin _ processed written < <(found "$file.jsonl")
  committed=$(kcat_counts read_committed "$begin")
  all=$(kcat_counts read_uncommitted "$begin")
  # shellcheck disable=SC2059
  printf "$row" "$trial" "$before" "$processed" "$committed" "$written" "$all" "$verdict"
  [ "$verdict/$processed/$written" = "PASS/$committed/$all" ] || status=1
done
exit $status
