#!/bin/sh
# Find ExifTool, or install Debian's where that is allowed. Never fails: without it the tests that ask it skip.
command -v exiftool >/dev/null 2>&1 && exit 0
command -v apt-get >/dev/null 2>&1 || { echo "no exiftool and no apt-get: tests that ask it will skip"; exit 0; }
as=""
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "no exiftool: tests that ask it will skip (apt-get install libimage-exiftool-perl)"; exit 0; }
    as="sudo -n"
fi
{ $as apt-get update -q && $as apt-get install -q -y --no-install-recommends libimage-exiftool-perl; } >/dev/null 2>&1 ||
    echo "exiftool could not be installed: tests that ask it will skip"
exit 0
