#!/bin/sh
# Find a program, or install Debian's package where that is allowed. Never fails: without it the tests that need it skip.
# usage: program.sh PACKAGE NAME...   NAME: a command, or a path, one of which is enough
package=$1
shift
for name in "$@"; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
skip="the tests that need it will skip"
command -v apt-get >/dev/null 2>&1 || { echo "no $1 and no apt-get: $skip"; exit 0; }
as=""
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "no $1: $skip (apt-get install $package)"; exit 0; }
    as="sudo -n"
fi
{ $as apt-get update -q && $as apt-get install -q -y --no-install-recommends "$package"; } >/dev/null 2>&1 ||
    echo "$package could not be installed: $skip"
exit 0
