. ./tests/expect.inc
. ./lib/text.sh
expect "$(upper 'ink')" 'INK'
expect "$(lower 'INK')" 'ink'
expect "$(repeat 'ab' 3)" 'ababab'
