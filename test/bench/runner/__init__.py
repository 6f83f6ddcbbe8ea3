# SPDX-License-Identifier: Apache-2.0
"""The benchmark behind scripts/bench; docs/performance/README.md tells the method."""
