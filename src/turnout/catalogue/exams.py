"""What is said about exams, learners, seats and scrap paper."""

SENTENCES = {
    "learner.facts": "A learner has a code and a name.",
    "learner.email": "{email!r} is not an e-mail address.",
}
