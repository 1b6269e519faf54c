from quizzes.models.attempts import Attempt, AttemptGrade, AttemptOutcome
from quizzes.models.bank import Bank, Question, QuestionImage, QuestionReview, QuestionRevision, Scoring
from quizzes.models.marking import AnswerFile, Marking, MarkingItem
from quizzes.models.objections import QuestionObjection
from quizzes.models.quizzes import Quiz, QuizDraw, QuizQuestion, QuizSection
from quizzes.models.regrades import Regrade, RegradeLine

__all__ = [
    "AnswerFile",
    "Attempt",
    "AttemptGrade",
    "AttemptOutcome",
    "Bank",
    "Marking",
    "MarkingItem",
    "Question",
    "QuestionImage",
    "QuestionObjection",
    "QuestionReview",
    "QuestionRevision",
    "Quiz",
    "QuizDraw",
    "QuizQuestion",
    "QuizSection",
    "Regrade",
    "RegradeLine",
    "Scoring",
]
