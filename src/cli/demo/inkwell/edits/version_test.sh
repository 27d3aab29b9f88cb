. ./tests/expect.inc
expect "$(sh bin/inkwell --version)" 'inkwell 0.3.0'
expect "$(sh bin/inkwell upper ink)" 'INK'
