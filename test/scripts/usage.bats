#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Scripts explain themselves, and do nothing when misunderstood.

scripts=$BATS_TEST_DIRNAME/../../scripts

@test "every script has a --help that says how it is called" {
  for script in "$scripts"/*; do
    run "$script" --help
    [ "$status" -eq 0 ]
    [[ "$output" == *"usage: scripts/${script##*/}"* ]]
  done
}

@test "an unknown option is refused, with the usage" {
  for script in "$scripts"/*; do
    [[ ${script##*/} == check-layering ]] && continue  # takes a directory
    run "$script" --no-such-option
    [ "$status" -eq 2 ]
    [[ "$output" == *"usage: scripts/${script##*/}"* ]]
  done
}

@test "setup can be told that everything is there" {
  PATCHBAY_SETUP=no run "$scripts/setup"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "setup names what is missing, and installs nothing where it knows no way" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  ln -s "$(command -v bash)" "$(command -v cat)" "$BATS_TEST_TMPDIR/bin/"
  PATH=$BATS_TEST_TMPDIR/bin run bash "$scripts/setup"
  [ "$status" -eq 1 ]
  [[ "$output" == *"to build: g++ cmake"* ]]
}

@test "setup --check reports a missing package and fails" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\ncase "$*" in *socat*) exit 1 ;; esac\nprintf installed\n' >"$BATS_TEST_TMPDIR/bin/dpkg-query"
  chmod +x "$BATS_TEST_TMPDIR/bin/dpkg-query"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run "$scripts/setup" --check
  [ "$status" -eq 1 ]
  [ "$output" = "setup: missing socat" ]
}
