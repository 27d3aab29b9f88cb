. ./tests/expect.inc
. ./lib/trim.sh
expect "$(trim '  a b  ')" 'a b'
