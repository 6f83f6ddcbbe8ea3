#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# scripts/bench at its smallest, with what is built: PATCHBAY_BENCH_BUILD.

@test "one run of the smallest case makes a report" {
  if [[ ! -x /usr/lib/cni/bridge ]]; then skip "the reference suite is not installed"; fi
  if ! unshare --net --mount --map-root-user true; then skip "no namespaces here"; fi
  run "$BATS_TEST_DIRNAME/../../scripts/bench" --build "$PATCHBAY_BENCH_BUILD" --quick --only hl --runs 1 --sizes 0 \
    --peer reference-legacy --peer patchbay-nftables --peer floor --out "$BATS_TEST_TMPDIR"
  echo "$output"
  [ "$status" -eq 0 ]
  grep -q '^| \*\*patchbay, nftables\*\* |.* 1 | 0 |$' "$BATS_TEST_TMPDIR/report.md"
  grep -q '^| ADD bridge + host-local: execs | ≤ 1 | 1 | met |$' "$BATS_TEST_TMPDIR/report.md"
  [ "$(jq '[.records[] | select(.failures == 0)] | length' "$BATS_TEST_TMPDIR/results.json")" -eq 8 ]
}
