#!/bin/sh
# /usr/bin/gamesync: the command, with this box's configuration.
#
# As root it becomes the server's user, so that no file of the server's is ever root's; it may still
# read and write wherever root may, for backups on a stick.
set -eu
program=/usr/lib/gamesync/bin/gamesync
if [ -z "${GAMESYNC_CONFIG+set}" ]; then
    export GAMESYNC_CONFIG=/etc/gamesync/gamesync.toml
fi
[ "$(id -u)" = 0 ] || exec "$program" "$@"
umask 077
exec setpriv --reuid gamesync --regid gamesync --init-groups \
    --inh-caps=-all,+dac_override --ambient-caps=-all,+dac_override --bounding-set=-all,+dac_override \
    "$program" "$@"
