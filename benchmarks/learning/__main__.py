"""The command line of the benchmarks of learning; the package's docstring says what each does."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import learning
from benchmarks.learning.worlds import Tracks


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.learning",
        description=learning.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    extracting = commands.add_parser("extract")
    extracting.add_argument("pretrained", type=Path)
    extracting.add_argument("embeddings", type=Path)
    extracting.add_argument("--dataset", type=Path, required=True)
    extracting.add_argument("--songs", type=Path)
    for name in ("rank", "answer", "adjust"):
        command = commands.add_parser(name)
        command.add_argument("embeddings", type=Path)
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--draws", type=int, default=6)
    options = parser.parse_args()
    if options.command == "extract":
        from benchmarks.learning.extract import extract  # TensorFlow

        extract(options.pretrained, options.embeddings, options.dataset, options.songs)
        return
    tracks = Tracks.read(options.embeddings)
    if options.command == "rank":
        from benchmarks.learning.ranking import print_table, table

        print_table(table(tracks, options.seed, options.draws))
    elif options.command == "answer":
        from benchmarks.learning.answering import report

        report(tracks, options.seed, options.draws)
    else:
        from benchmarks.learning.owners import report as adjust

        adjust(tracks, options.seed, options.draws)


if __name__ == "__main__":
    main()
