"""Render the model card that `train` writes: the manifest as a page for people.

After Mitchell et al., "Model cards for model reporting", FAT* 2019. Authors add by hand what the manifest does not
know: what the data lack, and what the model must not be used for.
"""

from __future__ import annotations

from typing import Any

from classifier.bundle import Manifest


def percent(value: float | None) -> str:
    """Format a share of 1 as a percentage, and None as "–"."""
    return "–" if value is None else f"{100 * value:.1f} %"


def render_model_card(manifest: Manifest) -> str:
    """Return the card as Markdown."""
    measured, training = manifest.metrics, manifest.training
    tracks = ", ".join(f"{genre} {count}" for genre, count in training["tracks"].items())
    return f"""# {manifest.name}

Predicts one of {len(manifest.labels)} genres: {", ".join(manifest.labels)}. {_network(manifest)}
in windows of {manifest.window_seconds:.1f} s; a track's probabilities are the calibrated mean of its windows'
log-probabilities. Version {manifest.version}.

## Training data

{training["data"]}. Tracks: {tracks}.
{_start(training)}

## Metrics

{metrics_table(measured)}

{measured["note"]}
Splits: {SPLIT_NOTES[measured["split_by"]]}

Below a probability of {manifest.threshold:.2f} the model says "not sure".
Temperature: {manifest.temperature:.3f}.

{per_genre_table(measured)}

{robustness_table(measured)}

{learning_table(measured)}
"""


SPLIT_NOTES = {
    "given": "as given by the data set.",
    "artist": "made by Earmark, with each artist in one split only.",
    "track": "made by Earmark BY TRACK: an artist may be in both splits, so that the metrics are too good.",
}


def _network(manifest: Manifest) -> str:
    """The beginning of a sentence that says what the network is and what it takes."""
    if "pretrained" in manifest.network:
        return f"Linear heads on {manifest.network['pretrained']}, over log-mel spectrograms"
    return f"A convolutional network over {manifest.features.n_mfcc} MFCC"


def _start(training: dict[str, Any]) -> str:
    """What the model was trained on from, with its accuracy there before and after; "" for one trained from nothing."""
    if "start" not in training:
        return ""
    start = training["start"]
    said = f"Training started from {start['name']} {start['version']}."
    if start["tracks"]:
        said += (
            f" On the {start['tracks']} tracks of its genres that one is right for {percent(start['accuracy'])}, "
            f"this one for {percent(start['accuracy_now'])}, by artists that were left out of this training."
        )
    left_out = "; ".join(f"{label}: {why}" for label, why in training["left_out"].items())
    return said + (f" Left out: {left_out}." if left_out else "")


def metrics_table(measured: dict[str, Any]) -> str:
    """Return the metrics of one evaluation as a Markdown table."""
    rows = [
        ("trained on", measured["trained_on"]),
        ("measured on", measured["measured_on"]),
        ("accuracy, one decision per track", percent(measured["accuracy"])),
        ("balanced accuracy", percent(measured["balanced_accuracy"])),
        ("expected calibration error", percent(measured["ece"])),
        ("answered (the rest is “not sure”)", percent(measured["coverage"])),
        ("accuracy where answered", percent(measured["selective_accuracy"])),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def robustness_table(measured: dict[str, Any]) -> str:
    """Return the accuracy on degraded recordings as a Markdown table, or "" if it was not measured."""
    if "robustness" not in measured:
        return ""
    lines = ["| sound | accuracy | points lost | same genre |", "|---|---|---|---|"]
    for row in measured["robustness"]["sounds"]:
        lost = f"{100 * row['lost']:.1f}"
        lines.append(f"| {row['sound']} | {percent(row['accuracy'])} | {lost} | {percent(row['same'])} |")
    return "\n".join(lines)


def learning_table(measured: dict[str, Any]) -> str:
    """Return how well genres can be taught as a Markdown table, or "" if it was not measured."""
    figures = measured.get("learning")
    if not figures:
        return ""
    rows = {**figures["per_genre"], "mean": figures}
    lines = [
        f"Each genre in turn left out of everything, then taught by {figures['examples']} tracks and looked for "
        "among tracks of other artists:",
        "",
        "| genre | right among the first ten | average precision |",
        "|---|---|---|",
    ]
    lines += [
        f"| {genre} | {percent(row['precision_at_10'])} | {percent(row['average_precision'])} |"
        for genre, row in rows.items()
    ]
    return "\n".join(lines)


def per_genre_table(measured: dict[str, Any]) -> str:
    """Return precision, recall and the predicted genres for each genre as a Markdown table."""
    labels, matrix = measured["confusion"]["labels"], measured["confusion"]["matrix"]
    lines = ["| genre | tracks | precision | recall | predicted as |", "|---|---|---|---|---|"]
    for label, row in zip(labels, matrix, strict=True):
        figure = measured["per_genre"][label]
        predicted = sorted(zip(row, labels, strict=True), key=lambda pair: -pair[0])
        predicted_as = ", ".join(f"{name} {count}" for count, name in predicted if count)
        lines.append(
            f"| {label} | {figure['support']} | {percent(figure['precision'])} "
            f"| {percent(figure['recall'])} | {predicted_as} |"
        )
    return "\n".join(lines)
