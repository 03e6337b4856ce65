#!/bin/sh
# Find PostgreSQL's programs, or install Debian's where that is allowed. Never fails: without them those tests skip.
command -v initdb >/dev/null 2>&1 && exit 0
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && exit 0
command -v apt-get >/dev/null 2>&1 || { echo "no PostgreSQL and no apt-get: tests that start one will skip"; exit 0; }
as=""
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "no PostgreSQL: tests that start one will skip (apt-get install postgresql)"; exit 0; }
    as="sudo -n"
fi
{ $as apt-get update -q && $as apt-get install -q -y --no-install-recommends postgresql; } >/dev/null 2>&1 ||
    echo "PostgreSQL could not be installed: tests that start one will skip"
exit 0
