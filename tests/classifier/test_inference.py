"""Predictions: their shapes and sums, coverage of the track, and the same result every time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from classifier import bundle, inference
from classifier.augmentation import sounds_without_genre
from classifier.bundle import BundleError
from classifier.datasets import dequantise
from classifier.inference import Classifier, window_starts
from tests.classifier.audio_files import plain_wav
from tests.classifier.models import LABELS, copy_model, make_model, random_track


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module", params=["mfcc-cnn-1", "msd-musicnn-1"])
def shipped(request: pytest.FixtureRequest) -> Classifier:
    return Classifier.load(request.param)


@pytest.mark.parametrize("frames", [1, 31, 32, 33, 100, 32 * 16, 32 * 16 + 1, 5000])
def test_segments_tile_the_track(model: Path, frames: int) -> None:
    prediction = Classifier.load(model).predict(random_track(frames), duration=frames / 20)
    assert prediction.segments[0].start == 0
    assert prediction.segments[-1].end == pytest.approx(frames / 20)
    for before, after in zip(prediction.segments, prediction.segments[1:], strict=False):
        assert before.end == after.start
    for probabilities in (
        prediction.probabilities,
        *(segment.probabilities for segment in prediction.segments),
    ):
        assert list(probabilities) == LABELS
        assert sum(probabilities.values()) == pytest.approx(1)
    assert prediction.top == max(prediction.probabilities, key=prediction.probabilities.__getitem__)


@pytest.mark.parametrize("frames", [64, 65, 127, 128, 647, 10_001])
def test_every_frame_is_in_a_window(frames: int) -> None:
    starts = window_starts(frames, 64)
    covered = np.zeros(frames, bool)
    for start in starts:
        covered[start : start + 64] = True
    assert covered.all()
    assert starts[0] == 0
    assert starts[-1] + 64 == frames


def test_a_bounded_number_of_windows_is_spread_over_the_track() -> None:
    assert window_starts(10_000, 64, max_windows=5).tolist() == [0, 2484, 4968, 7452, 9936]
    assert window_starts(128, 64, max_windows=5).tolist() == [0, 64]
    assert window_starts(10, 64, max_windows=5).tolist() == [0]


def test_the_track_is_the_calibrated_mean_of_log_probabilities(model: Path, tmp_path: Path) -> None:
    track = random_track(32 * 3)
    plain = Classifier.load(model).predict(track)
    hot = Classifier.load(copy_model(model, tmp_path / "hot", temperature=2.0)).predict(track)
    windows = np.array([list(segment.probabilities.values()) for segment in plain.segments])
    for prediction, temperature in ((plain, 1), (hot, 2)):
        expected = np.exp(np.log(windows).mean(axis=0) / temperature)
        expected /= expected.sum()
        assert list(prediction.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-6)
    assert max(hot.probabilities.values()) < max(plain.probabilities.values())


def test_not_sure_below_the_threshold(model: Path, tmp_path: Path) -> None:
    track = random_track(100)
    never = Classifier.load(copy_model(model, tmp_path / "never", threshold=1.0)).predict(track)
    always = Classifier.load(copy_model(model, tmp_path / "always", threshold=0.0)).predict(track)
    assert never.label is None
    assert always.label == always.top == never.top


def test_embedding_has_unit_length(shipped: Classifier) -> None:
    embedding = shipped.predict(random_track(300)).embedding
    assert 1 < len(embedding) <= 256
    assert np.linalg.norm(embedding) == pytest.approx(1)


def test_the_batch_does_not_matter(model: Path) -> None:
    """A window's prediction is the same alone, at the start of a batch, and in a full one."""
    classifier = Classifier.load(model)
    track = random_track(32 * 40)
    whole = classifier.predict(track).segments
    for number in (0, 15, 16, 39):
        alone = classifier.predict(track[:, number * 32 : (number + 1) * 32]).segments[0]
        assert alone.probabilities == pytest.approx(whole[number].probabilities, abs=1e-6)


def test_same_answer_in_another_process(shipped: Classifier) -> None:
    code = (
        "from classifier.inference import Classifier\n"
        "from tests.classifier.models import random_track\n"
        f"print(repr(Classifier.load({shipped.model.name!r}).predict(random_track(700))))\n"
    )
    root = bundle.DEFAULT_MODELS_DIR.parent
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    first = repr(shipped.predict(random_track(700)))
    assert first == repr(shipped.predict(random_track(700)))
    assert ran.stdout.strip() == first


def test_no_product_is_shared_among_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A product of several threads may round differently the next time, such as that of a track's last frames."""
    counts = set()

    def counting[**P, R](compute: Callable[P, R]) -> Callable[P, R]:
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            counts.update(pool["num_threads"] for pool in threadpool_info())
            return compute(*args, **kwargs)

        return counted

    monkeypatch.setattr(inference.MelStream, "push", counting(inference.MelStream.push))
    monkeypatch.setattr(inference.MelStream, "finish", counting(inference.MelStream.finish))
    monkeypatch.setattr(inference, "mfcc", counting(inference.mfcc))
    plain_wav(
        tmp_path / "noise.wav", np.random.default_rng(0).uniform(-0.5, 0.5, (1, 90_000)).astype(np.float32)
    )
    classifier = Classifier.load("mfcc-cnn-1")
    with threadpool_limits(2):
        classifier.analyse(tmp_path / "noise.wav")
        classifier.predict(random_track(100))
        assert counts == {1}


def test_serving_does_not_import_tensorflow() -> None:
    code = (
        "import sys\n"
        "from classifier.inference import Classifier\n"
        "import classifier.datasets, classifier.evaluation\n"
        "Classifier.load('mfcc-cnn-1')\n"
        "sys.exit(any(name.split('.')[0] in ('tensorflow', 'keras', 'sklearn') for name in sys.modules))\n"
    )
    root = bundle.DEFAULT_MODELS_DIR.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_sounds_that_are_not_music_get_no_confident_genre(shipped: Classifier) -> None:
    """Noises, tones, sweeps, clicks and silences that training did not see (another seed)."""
    features = shipped.manifest.features
    sounds = sounds_without_genre(40, features, 130, np.random.default_rng(20_260_101))
    predictions = [shipped.predict(dequantise(sound, features.top_db)) for sound in sounds]
    assert sum(prediction.label is not None for prediction in predictions) <= 1
    for level in (0.0, -40.0, -80.0):
        silence = np.full((features.n_mels, 300), level, np.float32)
        assert shipped.predict(silence).label is None


@pytest.mark.parametrize("shape", [(128, 0), (64, 100), (128,)])
def test_wrong_spectrograms_are_refused(model: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="log_mel must be"):
        Classifier.load(model).predict(np.zeros(shape, np.float32))


def test_an_invalid_graph_is_refused(model: Path, tmp_path: Path) -> None:
    broken = copy_model(model, tmp_path / "broken")
    (broken / bundle.GRAPH).write_bytes(b"not a graph")
    bundle.write_manifest(broken, bundle.load_bundle(model).manifest)
    with pytest.raises(BundleError, match="cannot be run"):
        Classifier.load(broken)


def test_a_graph_for_other_labels_is_refused(model: Path, tmp_path: Path) -> None:
    other = copy_model(model, tmp_path / "other", labels=["jazz", "rock"])
    with pytest.raises(BundleError, match="labels"):
        Classifier.load(other)
