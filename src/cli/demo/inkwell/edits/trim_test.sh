. ./tests/expect.inc
. ./lib/trim.sh
tab=$(printf '\t')
expect "$(trim '  a b  ')" 'a b'
expect "$(trim "${tab}a b${tab}")" 'a b'
