. ./tests/expect.inc
. ./lib/title.sh
expect "$(title_case 'the quick fox')" 'The Quick Fox'
expect "$(title_case 'ink')" 'Ink'
