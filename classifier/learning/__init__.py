"""Genres and tags that people teach by examples, and corrections of the built-in genres.

Conventions, for every module of this package:

* A *vector* stands for a track: `size` numbers of length 1, made by the model (`vectors`); float16 when stored.
  Functions take float arrays (tracks, size) and compute in float32, or in float64 where something is fitted.
  The likeness of two vectors is their cosine, from -1 to 1.
* An *answer* is what a person said of a track about one concept: True (an example) or False (a refusal).
* `known` are centroids of the genres that the model was trained on, (centroids, size), of length 1: of each genre
  as a whole and of groups within it.
* An *artist* is a text that says which tracks are not independent of each other; an empty one is
  a track's own. Albums do as well.
* Input is checked first and refused with ValueError; nothing is changed in place.
* The same input gives the same output: whatever is drawn at random takes a seed.

Only numpy is imported, and by `proportions` not even that. Modules: `vectors` (from window embeddings to a vector),
`concepts` (teaching and scoring), `worth` (how often a concept is right here), `suggestions` (what to ask about),
`what_if` (scores after one more answer), `adjustment` (corrections of the built-in genres), `guard` (whether a
candidate is better than what is in use), `proportions` (intervals and tests of shares).
"""
