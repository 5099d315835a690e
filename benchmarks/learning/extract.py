"""Window embeddings of a data set and of a folder of songs, kept for the other benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tqdm import tqdm

from classifier import datasets, msd
from classifier.errors import AudioError
from classifier.inference import window_starts
from classifier.robustness import file_log_mel
from classifier.window_embeddings import embedding_network, extract_window_embeddings

#: Of a song as many windows are heard as the shipped model hears.
MOST_WINDOWS = 32


def extract(pretrained: Path, out: Path, dataset: Path, songs: Path | None) -> None:
    given = datasets.load_dataset(dataset)
    network = embedding_network(msd.read_weights(pretrained / "MSD_musicnn"), given.config)
    windows = extract_window_embeddings(network, (given.log_mel(track) for track in tqdm(range(len(given)))))
    names, genres = given.names.tolist(), given.genres.tolist()
    for file in tqdm(sorted(songs.glob("*/*")) if songs else []):
        try:
            log_mel = file_log_mel(file, given.config)
        except AudioError as error:
            print(f"{file}: {error}")
            continue
        starts = window_starts(log_mel.shape[1], network.input_shape[1], MOST_WINDOWS)
        places = (starts[:, None] + np.arange(network.input_shape[1])) % log_mel.shape[1]
        windows.append(np.asarray(network(log_mel[:, places].transpose(1, 2, 0), training=False)))
        names.append(file.stem)
        genres.append(file.parent.name)
    rest = len(windows) - len(given)
    np.savez(
        out,
        allow_pickle=False,
        windows=np.concatenate(windows).astype(np.float32),
        counts=[len(rows) for rows in windows],
        names=np.array(names),
        genres=np.array(genres),
        artists=np.concatenate([given.artists, np.full(rest, "")]),
        song=np.arange(len(windows)) >= len(given),
    )
