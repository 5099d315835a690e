"""How well genres are learned from a few examples, and what corrections of the built-in ones are worth.

    python -m benchmarks.learning extract PRETRAINED EMBEDDINGS.npz --dataset DATASET.npz [--songs FOLDER]
    python -m benchmarks.learning rank EMBEDDINGS.npz
    python -m benchmarks.learning answer EMBEDDINGS.npz
    python -m benchmarks.learning adjust EMBEDDINGS.npz

`extract` keeps the window embeddings of a data set (`classifier.datasets`) and of the songs in a folder name/track.*;
PRETRAINED is the folder musicnn/ of the unpacked package musicnn 0.1.0. The others print tables: `rank` of what is
subtracted from a score, `answer` of refusals, worth and the next question, `adjust` of simulated owners. Every
figure is of tracks whose artists nothing was fitted on. `--seed` deals artists into folds and draws examples.
"""
