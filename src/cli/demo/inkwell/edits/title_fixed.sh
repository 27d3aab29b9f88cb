# title_case TEXT: every word with a capital
title_case() {
    line=
    for word in $1; do
        rest=${word#?}
        first=$(printf '%s' "${word%"$rest"}" | tr '[:lower:]' '[:upper:]')
        line="$line $first$rest"
    done
    printf '%s\n' "${line# }"
}
