# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of patchbay's command line in bash.

# The program knows its verbs and their options best.
_patchbay_verbs() { patchbay --help 2>/dev/null | sed -nE 's/^  patchbay ([a-z]+) .*/\1/p' | sort -u; echo help; }
_patchbay_options() { patchbay help "$1" 2>/dev/null | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--.*'; echo --help; }

# Networks, by the names in the files that patchbay reads.
_patchbay_networks() {
  local directory=${NETCONFPATH:-/etc/cni/net.d} file
  for file in "$directory"/*.conflist "$directory"/*.conf "$directory"/*.json; do
    [[ -f $file ]] || continue
    # The first "name" is the network's in every order of keys that people write.
    grep -oE '"name"[[:space:]]*:[[:space:]]*"[^"]+"' "$file" 2>/dev/null | head -n 1 | sed 's/.*"\(.*\)"/\1/'
  done
}

_patchbay() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} words=
  COMPREPLY=()
  case $before in
    --cache-dir) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    -i | --ifname | --container-id | --timeout) return ;;
  esac
  if [[ $word == -* ]]; then
    words=$(_patchbay_options "$verb")
    ((COMP_CWORD > 1)) || words="--help --version"
  elif ((COMP_CWORD == 1)) || [[ $verb == help ]]; then
    words=$(_patchbay_verbs)
  elif ((COMP_CWORD == 2)); then
    words=$(_patchbay_networks)
  elif [[ $verb != audit && $verb != repair ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "${word:-/run/netns/}")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _patchbay patchbay
