#!/bin/sh
# timed.sh NAME COMMAND...: run the command, then say how long it took; its exit code is ours.
name=$1
shift
begin=$(date +%s.%N)
"$@"
code=$?
end=$(date +%s.%N)
took=$(awk "BEGIN { printf \"%.1f\", $end - $begin }")
if [ "$code" -eq 0 ]; then
    echo "[$name: done in $took s]"
else
    echo "[$name: stopped with code $code after $took s]" >&2
fi
exit "$code"
