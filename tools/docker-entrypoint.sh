#!/bin/sh
# Turns every secret that is named like a setting into that setting, then runs the command. A setting that is given already
# stands; an empty secret counts as none.
set -eu
for file in "${SECRETS_DIR:-/run/secrets}"/[A-Z]*; do
  [ -e "$file" ] || continue
  name=${file##*/}
  case $name in *[!A-Z0-9_]*) continue ;; esac
  if [ ! -r "$file" ]; then
    echo "$name: $file cannot be read by user $(id -u); make it readable for that user alone" >&2
    exit 2
  fi
  eval "given=\${$name:-}"
  if [ -z "$given" ] && [ -s "$file" ]; then
    export "$name=$(cat "$file")"
  fi
done
unset given
exec "$@"
