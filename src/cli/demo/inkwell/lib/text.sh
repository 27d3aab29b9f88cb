# upper TEXT: in capitals
upper() {
    printf '%s\n' "$1" | tr '[:lower:]' '[:upper:]'
}

# lower TEXT: in small letters
lower() {
    printf '%s\n' "$1" | tr '[:upper:]' '[:lower:]'
}

# repeat TEXT COUNT: several times on one line
repeat() {
    line=
    left=$2
    while [ "$left" -gt 0 ]; do
        line=$line$1
        left=$((left - 1))
    done
    printf '%s\n' "$line"
}
