#!/bin/sh
# Runs every test in tests/. A test is a script that ends with 0 when it passes.
cd "$(dirname "$0")" || exit 1
count=0
failed=0
for test in tests/*.sh; do
    count=$((count + 1))
    if output=$(sh "$test" 2>&1); then
        echo "ok   $test"
    else
        failed=$((failed + 1))
        echo "FAIL $test"
        echo "$output" | sed 's/^/     /'
    fi
done
echo "$count tests, $failed failed"
[ "$failed" -eq 0 ]
