"""The model card that `train` writes: what the manifest knows, as a page for people.

After Mitchell et al., "Model cards for model reporting", FAT* 2019. What only a person knows (what the
data lack, what the model must not be used for) is theirs to add.
"""

from __future__ import annotations

from typing import Any

from classifier.bundle import Manifest


def percent(value: float | None) -> str:
    """A share as text; "–" when there is none."""
    return "–" if value is None else f"{100 * value:.1f} %"


def render_model_card(manifest: Manifest) -> str:
    """The card as Markdown."""
    measured, training = manifest.metrics, manifest.training
    tracks = ", ".join(f"{genre} {count}" for genre, count in training["tracks"].items())
    return f"""# {manifest.name}

Hears one of {len(manifest.labels)} genres: {", ".join(manifest.labels)}. A convolutional network over
{manifest.features.n_mfcc} MFCC in windows of {manifest.window_seconds:.1f} s; a track's probabilities are the
calibrated mean of its windows' log-probabilities. Version {manifest.version}.

## Training data

{training["data"]}. Tracks: {tracks}.

## Figures

{metrics_table(measured)}

{measured["note"]}
Splits: {SPLIT_NOTES[measured["split_by"]]}

Below a probability of {manifest.threshold:.2f} the model says "not sure".
Temperature: {manifest.temperature:.3f}.

{genres(measured)}

{robustness_table(measured)}
"""


SPLIT_NOTES = {
    "given": "as the data set's list gives them.",
    "artist": "made by this program, no artist on both sides.",
    "track": "made by this program BY TRACK: an artist may be on both sides, and the figures flatter.",
}


def metrics_table(measured: dict[str, Any]) -> str:
    """The measures of one evaluation as a Markdown table."""
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


def spread(measured: dict[str, Any]) -> str:
    """Mean and range of the measures over deals of the artists into folds, as Markdown table rows."""
    deals = [measured, *measured["other_deals"]]
    rows = []
    for name, key in (
        ("accuracy", "accuracy"),
        ("balanced accuracy", "balanced_accuracy"),
        ("expected calibration error", "ece"),
        ("answered", "coverage"),
        ("accuracy where answered", "selective_accuracy"),
    ):
        values = [deal[key] for deal in deals]
        each = ", ".join(percent(value) for value in values)
        rows.append(f"| {name} | {percent(sum(values) / len(values))} | {each} |")
    return "\n".join(["| | mean | each deal |", "|---|---|---|", *rows])


def robustness_table(measured: dict[str, Any]) -> str:
    """What bad sound costs, as a Markdown table; empty when it was not measured."""
    if "robustness" not in measured:
        return ""
    lines = ["| sound | accuracy | points lost | same genre |", "|---|---|---|---|"]
    for row in measured["robustness"]["sounds"]:
        lost = f"{100 * row['lost']:.1f}"
        lines.append(f"| {row['sound']} | {percent(row['accuracy'])} | {lost} | {percent(row['same'])} |")
    return "\n".join(lines)


def genres(measured: dict[str, Any]) -> str:
    """Precision, recall and what each genre was heard as, as a Markdown table."""
    labels, matrix = measured["confusion"]["labels"], measured["confusion"]["matrix"]
    lines = ["| genre | tracks | precision | recall | heard as |", "|---|---|---|---|---|"]
    for label, row in zip(labels, matrix, strict=True):
        figure = measured["per_genre"][label]
        heard = sorted(zip(row, labels, strict=True), key=lambda pair: -pair[0])
        heard_as = ", ".join(f"{name} {count}" for count, name in heard if count)
        lines.append(
            f"| {label} | {figure['support']} | {percent(figure['precision'])} "
            f"| {percent(figure['recall'])} | {heard_as} |"
        )
    return "\n".join(lines)
