# SPDX-License-Identifier: Apache-2.0
"""The benchmark's arithmetic and parsing, on values that are known."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True

from runner import cases, fill, goals, measuring, peers, plots, report, statistics  # noqa: E402
from runner.results import Results  # noqa: E402


class Statistics(unittest.TestCase):
    def test_quantiles_lie_between_the_nearest_samples(self):
        self.assertEqual(statistics.summary([5, 1, 4, 2, 3]), {"median": 3, "p10": 1.4, "p90": 4.6})
        self.assertEqual(statistics.quantile([1, 2], 0.5), 1.5)
        self.assertEqual(statistics.summary([7]), {"median": 7, "p10": 7, "p90": 7})

    def test_nothing_has_no_median(self):
        with self.assertRaises(ValueError):
            statistics.quantile([], 0.5)

    def test_a_ratio_says_how_many_times_as_much_they_need(self):
        self.assertEqual(statistics.ratio(30, 2), 15)
        self.assertIsNone(statistics.ratio(None, 2))
        self.assertIsNone(statistics.ratio(30, 0))


class Measuring(unittest.TestCase):
    def test_a_chain_costs_what_its_steps_cost_and_what_they_left_behind(self):
        said = (b"step 0 0 0 1000000 300 200 700 50 3\n{\n}\nall 3500000\nstep 0 1 4 2000000 100 400 900 60 2\nno\n"
                b"left 1 250 800 10 9000000\n")
        batch = measuring.parse_report(said, 1)
        sample, = batch.samples
        self.assertEqual((sample.wall_ms, sample.rss_kb, sample.faults, sample.code), (3.0, 900, 120, 4))
        self.assertAlmostEqual(sample.cpu_ms, 1.25)
        self.assertAlmostEqual(sample.left_cpu_ms, 0.25)
        self.assertEqual((sample.output, batch.wall_ms, len(batch.failures)), ("no", 3.5, 1))

    def test_an_exec_that_found_nothing_is_a_call_but_no_execution(self):
        counts = measuring.Counts()
        measuring.add_counts(counts, "    calls    errors syscall\n--------- --------- ------\n       10         4 execve\n"
                                     "        7           read\n--------- --------- ------\n       17         4 total\n")
        self.assertEqual((counts.execs, counts.syscalls), (6, 17))

    def test_the_result_of_one_step_is_spliced_into_the_next(self):
        step = peers.Step(("/bin/cat",), {}, '{"a":1}')
        after = peers.Step(("/bin/cat",), {}, '{"previous":@previous@}')
        if not peers.SPAWN.exists():
            self.skipTest("spawn is not built")
        world = type("Here", (), {"enter": ["env"]})
        self.assertEqual(measuring.run(world, [[step, after]]).samples[0].result, {"previous": {"a": 1}})

    def test_what_a_program_leaves_behind_is_waited_for_and_booked(self):
        if not peers.SPAWN.exists():
            self.skipTest("spawn is not built")
        script = "(i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done) >/dev/null & exit 3"
        step = peers.Step(("/bin/sh", "-c", script), {}, "")
        batch = measuring.run(type("Here", (), {"enter": ["env"]}), [[step]])
        self.assertEqual(batch.samples[0].code, 3)
        self.assertGreater(batch.left_cpu_ms, 1)
        self.assertGreater(batch.samples[0].cpu_ms, batch.left_cpu_ms)


class Filling(unittest.TestCase):
    def test_a_copy_names_its_own_container_and_nobody_elses(self):
        one = peers.Attachment("pattern", "", 1999)
        line = (f'-A CNI-DN-1d9f21975543797b0a80b -s 10.88.0.0/16 -p tcp --dport 1999 "{one.container}" '
                f"--to 10.88.0.4:80 -d 10.88.0.45")
        copy, = fill.Pattern([line], "10.88.0.4", one).copy(3)
        self.assertEqual(copy, f'-A CNI-DN-000000000000000000003 -s 10.88.0.0/16 -p tcp --dport 2003 '
                               f'"{fill.attachment(3).container}" --to 10.88.16.4:80 -d 10.88.0.45')

    def test_addresses_of_the_fill_are_all_different(self):
        self.assertEqual(len({fill.address(number) for number in range(4000)}), 4000)


def record(peer, wall, **more):
    return {"case": "pm1", "peer": peer, "verb": "ADD", "n": 0, "runs": 3, "failures": 0, "execs": 2, "syscalls": 140,
            "rss_kb": statistics.summary([800]), "faults": statistics.summary([40]),
            "wall_ms": statistics.summary([wall]), "cpu_ms": statistics.summary([wall])} | more


class Reporting(unittest.TestCase):
    document = {"kind": "quick", "seconds": 1, "missing": {}, "fills": {}, "records": [
        record("reference-legacy", 100), record(peers.OURS, 4), record("floor", 2), record("netavark", 3)],
        "machine": {"date": "today", "kernel": "6", "system": "Debian", "cpu": "some", "cores": 2, "memory_mb": 1,
                    "load_before": "0", "load_after": "0", "packages": {}}}

    def met(self, title):
        found, = (row for row in goals.evaluate(Results(self.document)) if row["title"] == title)
        return found["met"]

    def test_goals_are_judged_by_ratios_and_counts(self):
        self.assertTrue(self.met("ADD + ipMasq + 1 port: wall"))
        self.assertFalse(self.met("ADD + ipMasq + 1 port: system calls"))
        self.assertFalse(self.met("ADD, pm1: wall against floor"))
        self.assertFalse(self.met("against netavark"))
        self.assertIsNone(self.met("DEL + 1 port: wall"))

    def test_the_report_says_it_all(self):
        with tempfile.TemporaryDirectory() as folder:
            report.write(json.loads(json.dumps(self.document)), pathlib.Path(folder))
            text = (pathlib.Path(folder) / "report.md").read_text()
            self.assertIn("| **patchbay, nftables** | 4.00 [4.00 - 4.00] | 4.00 [4.00 - 4.00] | 25x | 25x | 2x |", text)
            self.assertIn("bars-pm1-add-0.svg", text)
            self.assertTrue((pathlib.Path(folder) / "bars-pm1-add-0.svg").read_text().startswith("<svg "))

    def test_a_curve_has_a_point_for_each_figure(self):
        picture = plots.curves("t", "ms", "n", {peers.OURS: [(0, 3), (100, 4), (1000, 5)]}, report.NAMES)
        self.assertEqual(picture.count("<circle"), 3)
        self.assertIn(">1,000</text>", picture)


class Calling(unittest.TestCase):
    def test_del_goes_the_other_way_round_and_brings_the_result(self):
        chain = peers.PEERS[peers.OURS].chain(peers.SHAPES["pm1"], "DEL", cases.measured(), {"ips": []})
        self.assertEqual([json.loads(step.input)["type"] for step in chain], ["portmap", "bridge"])
        self.assertEqual([json.loads(step.input)["prevResult"] for step in chain], [{"ips": []}] * 2)

    def test_every_plugin_of_a_shape_is_called_and_has_to_be_there(self):
        for shape in peers.SHAPES.values():
            chain = peers.PEERS[peers.OURS].chain(shape, "ADD", cases.measured())
            called = [json.loads(step.input.replace("@previous@", "{}")) for step in chain]
            self.assertEqual([called[0]["type"], called[0]["ipam"]["type"]] + [one["type"] for one in called[1:]],
                             shape.plugins)


if __name__ == "__main__":
    unittest.main()
