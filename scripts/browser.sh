#!/bin/sh
# Find a Chromium, or install Debian's where that is allowed. Never fails: without one the browser tests skip.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
command -v apt-get >/dev/null 2>&1 || { echo "no Chromium and no apt-get: the browser tests will skip"; exit 0; }
as=""
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "no Chromium: the browser tests will skip (apt-get install chromium)"; exit 0; }
    as="sudo -n"
fi
{ $as apt-get update -q && $as apt-get install -q -y --no-install-recommends chromium; } >/dev/null 2>&1 ||
    echo "Chromium could not be installed: the browser tests will skip"
exit 0
