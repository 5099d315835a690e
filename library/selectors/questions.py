"""When there is something to ask about what people teach, and the one question that "Needs you" asks."""

from __future__ import annotations

from django.db.models import Count, Q

from library.models import Concept, User
from library.selectors.concepts import concepts_of, example_counts_of, examples_of
from library.selectors.learning import Suggestion, question_for, teaching_is_possible
from library.selectors.model_cards import learning_space, model_name_of
from library.selectors.standing import LEAST_EXAMPLES

#: Among how many concepts a question is looked for: some have no track left to ask about.
MOST_CONCEPTS = 3


def next_question_of(owner: User) -> tuple[Concept, Suggestion] | None:
    """A concept that has examples enough, the one with the fewest answers, and the track whose answer teaches most."""
    if not teaching_is_possible(owner):
        return None
    answered = Count("answers", filter=Q(answers__track__deleted_at=None))
    concepts = concepts_of(owner).annotate(answered=answered).order_by("answered", "pk")
    examples = example_counts_of(owner, concepts)
    taught = [concept for concept in concepts if examples.of(concept) >= LEAST_EXAMPLES]
    for concept in taught[:MOST_CONCEPTS]:
        if question := question_for(owner, concept):
            return concept, question
    return None


def heard_example_count(owner: User, concept: Concept) -> int:
    """How many examples of a concept the owner's model has heard."""
    space = learning_space(model_name_of(owner))
    return examples_of(owner, concept).filter(learning_vector__space=space).count()
