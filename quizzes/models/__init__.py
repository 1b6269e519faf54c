from quizzes.models.attempts import Attempt, AttemptGrade, AttemptOutcome
from quizzes.models.bank import Bank, Question, QuestionImage, QuestionReview, QuestionRevision, Scoring
from quizzes.models.marking import AnswerFile, Marking, MarkingItem
from quizzes.models.quizzes import Quiz, QuizDraw, QuizQuestion, QuizSection

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
    "QuestionReview",
    "QuestionRevision",
    "Quiz",
    "QuizDraw",
    "QuizQuestion",
    "QuizSection",
    "Scoring",
]
